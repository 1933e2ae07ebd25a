/**
 * Codes of all listed vectors of a generation, in WebAssembly memory, and the scan over them. A
 * slot is taken by one vector and given back when it goes.
 */
import {
  codesPerStep,
  dotKernel,
  linearMemory,
  pageBytes,
  type DotKernel,
  type LinearMemory,
} from "./dot-kernel.ts";
import { Nearest } from "./nearest.ts";
import { quantizeQuery, quantizeVector } from "./quantize.ts";

/** Slots whose products are computed at once; their lists stay in the processor's cache. */
const blockSlots = 4096;
const growSlots = 8192;
/** Float32 sums of the exact comparison differ by about this much from the true ones. */
const roundingMargin = 1e-5;

export class CodeTable {
  readonly dimension: number;
  readonly #stride: number;
  readonly #memory: LinearMemory;
  readonly #dot: DotKernel;
  readonly #slotsAt: number;
  readonly #outAt: number;
  readonly #codesAt: number;
  #capacity = 0;
  #used = 0;
  #scale = new Float32Array(0);
  #residual = new Float32Array(0);
  /** Who a slot belongs to, a number of the caller's; -1 for none. */
  #owner = new Int32Array(0);
  readonly #free: number[] = [];

  constructor(dimension: number) {
    this.dimension = dimension;
    this.#stride = Math.ceil(dimension / codesPerStep) * codesPerStep;
    this.#slotsAt = this.#stride * Int16Array.BYTES_PER_ELEMENT;
    this.#outAt = this.#slotsAt + blockSlots * Int32Array.BYTES_PER_ELEMENT;
    this.#codesAt = this.#outAt + blockSlots * Int32Array.BYTES_PER_ELEMENT;
    this.#memory = linearMemory(this.#codesAt);
    this.#dot = dotKernel(this.#memory);
  }

  /** Slots there is room for before the next growth. */
  get capacity(): number {
    return this.#capacity;
  }

  ownerOf(slot: number): number {
    return this.#owner[slot] ?? -1;
  }

  /** Takes a slot for a vector. */
  add(vector: Float32Array, owner: number): number {
    const slot = this.#free.pop() ?? this.#used;
    if (slot === this.#used) {
      if (this.#used === this.#capacity) this.#grow();
      this.#used += 1;
    }
    const codes = new Int8Array(
      this.#memory.buffer,
      this.#codesAt + slot * this.#stride,
      this.dimension,
    );
    const { scale, residual } = quantizeVector(vector, codes);
    this.#scale[slot] = scale;
    this.#residual[slot] = residual;
    this.#owner[slot] = owner;
    return slot;
  }

  remove(slot: number): void {
    this.#owner[slot] = -1;
    this.#free.push(slot);
  }

  /** Slots that may hold one of the k nearest vectors of owners that are wanted; none is left out. */
  nearest(vector: Float32Array, k: number, wanted: Uint8Array): readonly number[] {
    const query = quantizeQuery(
      vector,
      new Int16Array(this.#memory.buffer, 0, this.#stride).fill(0),
    );
    const nearest = new Nearest(k);
    const slots = new Int32Array(this.#memory.buffer, this.#slotsAt, blockSlots);
    let slot = 0;
    while (slot < this.#used) {
      let count = 0;
      for (; slot < this.#used && count < blockSlots; slot += 1) {
        const owner = this.#owner[slot] as number;
        if (owner >= 0 && wanted[owner] === 1) {
          slots[count] = slot;
          count += 1;
        }
      }
      this.#offer(nearest, slots, count, query);
    }
    return nearest.slots();
  }

  #offer(
    nearest: Nearest,
    slots: Int32Array,
    count: number,
    query: { readonly scale: number; readonly residual: number },
  ): void {
    this.#dot(this.#codesAt, this.#stride, 0, this.#slotsAt, count, this.#outAt);
    const products = new Int32Array(this.#memory.buffer, this.#outAt, count);
    let { floor } = nearest;
    for (let index = 0; index < count; index += 1) {
      const slot = slots[index] as number;
      const score = (products[index] as number) * (this.#scale[slot] as number) * query.scale;
      const error = (this.#residual[slot] as number) + query.residual * 2 + roundingMargin;
      if (score + error < floor) continue;
      nearest.offer(slot, score - error, score + error);
      floor = nearest.floor;
    }
  }

  #grow(): void {
    this.#capacity = Math.max(growSlots, Math.ceil(this.#capacity * 1.5));
    const bytes = this.#codesAt + this.#capacity * this.#stride;
    const pages = Math.ceil((bytes - this.#memory.buffer.byteLength) / pageBytes);
    if (pages > 0) this.#memory.grow(pages);
    this.#scale = grown(this.#scale, new Float32Array(this.#capacity));
    this.#residual = grown(this.#residual, new Float32Array(this.#capacity));
    this.#owner = grown(this.#owner, new Int32Array(this.#capacity));
  }
}

function grown<Numbers extends Float32Array | Int32Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}
