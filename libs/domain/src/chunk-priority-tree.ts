/**
 * Answers "which of the positions in this range has the highest priority" in logarithmic time, so
 * that no order of priorities makes cutting quadratic.
 */
export class PriorityTree {
  readonly #width: number;
  readonly #nodes: Float64Array;

  /** `priorities[i]` belongs to position i; all are above -Infinity. */
  constructor(priorities: Float64Array) {
    this.#width = 2 ** Math.ceil(Math.log2(Math.max(priorities.length, 1)));
    this.#nodes = new Float64Array(2 * this.#width).fill(-Infinity);
    this.#nodes.set(priorities, this.#width);
    for (let node = this.#width - 1; node >= 1; node -= 1) {
      this.#nodes[node] = Math.max(this.#at(2 * node), this.#at(2 * node + 1));
    }
  }

  /**
   * The position from `from` to `to`, both included, with the highest priority; of equal ones the
   * nearest to the middle. The range must not be empty.
   */
  highest(from: number, to: number): number {
    const middle = (from + to) >> 1;
    const left = this.#max(from, middle);
    const right = middle < to ? this.#max(middle + 1, to) : -Infinity;
    if (left > right) return this.#nearest(from, middle, left, true);
    const after = this.#nearest(middle + 1, to, right, false);
    if (right > left) return after;
    const before = this.#nearest(from, middle, left, true);
    return middle - before <= after - middle ? before : after;
  }

  #at(node: number): number {
    return this.#nodes[node] ?? -Infinity;
  }

  #max(from: number, to: number): number {
    let highest = -Infinity;
    let left = from + this.#width;
    let right = to + this.#width + 1;
    while (left < right) {
      if (left % 2 === 1) highest = Math.max(highest, this.#at(left++));
      if (right % 2 === 1) highest = Math.max(highest, this.#at(--right));
      left >>= 1;
      right >>= 1;
    }
    return highest;
  }

  /** The last (or first) position in the range whose priority is `priority`, which is there. */
  #nearest(from: number, to: number, priority: number, last: boolean): number {
    let low = from;
    let high = to;
    while (low < high) {
      const half = last ? Math.ceil((low + high) / 2) : Math.floor((low + high) / 2);
      if (last) {
        if (this.#max(half, high) >= priority) low = half;
        else high = half - 1;
      } else if (this.#max(low, half) >= priority) high = half;
      else low = half + 1;
    }
    return low;
  }
}
