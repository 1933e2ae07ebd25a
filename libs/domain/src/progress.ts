/**
 * Completions out of order → the offset that is safe to acknowledge: no offset is passed while an
 * earlier one of its partition is unfinished. Offsets may have gaps, as compaction leaves them.
 */
export class ProgressTracker {
  /** Started and not yet acknowledged, ascending. */
  #started: number[] = [];
  #head = 0;
  readonly #done = new Set<number>();
  #next: number;

  /** @param next the offset from which reading starts */
  constructor(next: number) {
    this.#next = next;
  }

  /** @throws RangeError when offsets do not ascend. */
  start(offset: number): void {
    const last = this.#started.at(-1);
    if (offset < this.#next || (last !== undefined && offset <= last)) {
      throw new RangeError(`offset ${offset} does not follow ${last ?? this.#next}`);
    }
    this.#started.push(offset);
  }

  /** The offset that may be acknowledged, which is the next to be read after a restart. */
  complete(...offsets: readonly number[]): number {
    for (const offset of offsets) this.#done.add(offset);
    while (this.#head < this.#started.length) {
      const offset = this.#started[this.#head] as number;
      if (!this.#done.delete(offset)) break;
      this.#next = offset + 1;
      this.#head += 1;
    }
    if (this.#head > 1024 && this.#head * 2 > this.#started.length) {
      this.#started = this.#started.slice(this.#head);
      this.#head = 0;
    }
    return this.#next;
  }

  /** What `complete` would answer, without doing it: for effects that carry their own progress. */
  completing(offsets: readonly number[]): number {
    const also = new Set(offsets);
    let next = this.#next;
    for (let index = this.#head; index < this.#started.length; index += 1) {
      const offset = this.#started[index] as number;
      if (!also.has(offset) && !this.#done.has(offset)) break;
      next = offset + 1;
    }
    return next;
  }

  /** Whether the offset was started before, finished or not. */
  hasStarted(offset: number): boolean {
    return offset < this.#next || offset <= (this.#started.at(-1) ?? -1);
  }

  get next(): number {
    return this.#next;
  }

  /** Started and unfinished, or finished behind an unfinished one. */
  get inFlight(): number {
    return this.#started.length - this.#head;
  }

  /** Whether everything before this offset is finished. */
  isDoneBefore(offset: number): boolean {
    const first = this.#started[this.#head];
    return first === undefined || first >= offset;
  }
}
