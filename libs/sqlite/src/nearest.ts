/**
 * Keeps what may be among the k nearest, given a lower and an upper bound of each score. The k-th
 * largest lower bound is the floor: what cannot reach it is out.
 */
export class Nearest {
  readonly #k: number;
  /** The k largest lower bounds so far, the smallest first. */
  readonly #heap: Float64Array;
  #size = 0;
  #items: { slot: number; upper: number }[] = [];

  constructor(k: number) {
    this.#k = k;
    this.#heap = new Float64Array(k);
  }

  /** What does not reach this need not be offered. */
  get floor(): number {
    return this.#size < this.#k ? -Infinity : (this.#heap[0] as number);
  }

  offer(slot: number, lower: number, upper: number): void {
    this.#items.push({ slot, upper });
    if (this.#size < this.#k) {
      this.#heap[this.#size] = lower;
      this.#size += 1;
      this.#rise(this.#size - 1);
    } else if (lower > (this.#heap[0] as number)) {
      this.#heap[0] = lower;
      this.#sink(0);
    }
  }

  /** All slots that may be among the k nearest, certainly with those that are. */
  slots(): readonly number[] {
    const { floor } = this;
    return this.#items.filter(({ upper }) => upper >= floor).map(({ slot }) => slot);
  }

  #rise(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.#heap[parent] as number) <= (this.#heap[at] as number)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(from: number): void {
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let least = at;
      if (left < this.#size && this.#at(left) < this.#at(least)) least = left;
      if (right < this.#size && this.#at(right) < this.#at(least)) least = right;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #at(index: number): number {
    return this.#heap[index] as number;
  }

  #swap(a: number, b: number): void {
    const kept = this.#at(a);
    this.#heap[a] = this.#at(b);
    this.#heap[b] = kept;
  }
}
