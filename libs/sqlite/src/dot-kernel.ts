/**
 * The one inner loop that JavaScript is too slow for: dot products of 8-bit codes with a 16-bit
 * query, 32 numbers a step. It is WebAssembly, put together here from named instructions, so
 * that nothing compiled lies in the repository and nothing is installed. In WAT:
 *
 *   (func (export "dot") (param $codes i32) (param $stride i32) (param $query i32)
 *                        (param $slots i32) (param $count i32) (param $out i32)
 *     ;; for each of $count slots: out = Σ codes[slot * stride + i] * query[i], wrapping at 32 bits
 *     loop: sum a and b of i32x4.dot_i16x8_s(v128.load8x8_s(code), v128.load(query)), 8 each)
 *
 * `stride` is a positive multiple of `codesPerStep`.
 */
export const codesPerStep = 32;

/** As much of WebAssembly as is used; Node has it, its types do not say so. */
declare const WebAssembly: {
  readonly Memory: new (options: { readonly initial: number }) => LinearMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
};

export interface LinearMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

export const pageBytes = 65_536;

export function linearMemory(bytes: number): LinearMemory {
  return new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes) });
}

export type DotKernel = (
  codes: number,
  stride: number,
  query: number,
  slots: number,
  count: number,
  out: number,
) => void;

export function dotKernel(memory: LinearMemory): DotKernel {
  module ??= new WebAssembly.Module(assemble());
  const { exports } = new WebAssembly.Instance(module, { tidemark: { memory } });
  return exports["dot"] as DotKernel;
}

let module: object | undefined;

const i32 = 0x7f;
const v128 = 0x7b;
const nothing = 0x40;
const pageLimitNone = 0x00;

// Parameters, then locals, as they are numbered.
const [codes, stride, query, slots, count, out, code, end, part, sumA, sumB] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
] as const;

const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const constant = (value: number) => [0x41, ...signed(value)];
const add = [0x6a];
const multiply = [0x6c];
const lessUnsigned = [0x49];
const isZero = [0x45];
const load = [0x28, 2, 0];
const store = [0x36, 2, 0];
const block = [0x02, nothing];
const loop = [0x03, nothing];
const close = [0x0b];
const branch = (depth: number) => [0x0c, depth];
const branchIf = (depth: number) => [0x0d, depth];
const simd = (operation: number, ...rest: number[]) => [0xfd, ...unsigned(operation), ...rest];
const loadVector = (offset: number) => simd(0, 0, offset);
const loadBytesAsShorts = (offset: number) => simd(1, 0, offset);
const zeroVector = simd(12, ...Array.from({ length: 16 }, () => 0));
const lane = (index: number) => simd(27, index);
const addVectors = simd(174);
const dotShorts = simd(186);

const sequence = (...instructions: readonly (readonly number[])[]) => instructions.flat();

const step = (local: number, by: number) => sequence(get(local), constant(by), add, set(local));

const addDot = (sum: number, codesAt: number, queryAt: number) =>
  sequence(
    get(sum),
    sequence(get(code), loadBytesAsShorts(codesAt)),
    sequence(get(part), loadVector(queryAt)),
    dotShorts,
    addVectors,
    set(sum),
  );

const total = sequence(
  sequence(get(sumA), get(sumB), addVectors, set(sumA)),
  sequence(get(sumA), lane(0)),
  sequence(get(sumA), lane(1), add),
  sequence(get(sumA), lane(2), add),
  sequence(get(sumA), lane(3), add),
);

const body = sequence(
  block,
  loop,
  sequence(get(count), isZero, branchIf(1)),
  sequence(get(codes), get(slots), load, get(stride), multiply, add, set(code)),
  sequence(get(code), get(stride), add, set(end)),
  sequence(get(query), set(part)),
  sequence(zeroVector, set(sumA)),
  sequence(zeroVector, set(sumB)),
  loop,
  addDot(sumA, 0, 0),
  addDot(sumB, 8, 16),
  addDot(sumA, 16, 32),
  addDot(sumB, 24, 48),
  step(code, codesPerStep),
  step(part, 2 * codesPerStep),
  sequence(get(code), get(end), lessUnsigned, branchIf(0)),
  close,
  sequence(get(out), total, store),
  step(slots, 4),
  step(out, 4),
  step(count, -1),
  branch(0),
  close,
  close,
);

function assemble(): Uint8Array<ArrayBuffer> {
  const parameters = [i32, i32, i32, i32, i32, i32];
  const locals = [2, 3, i32, 2, v128];
  const written = [...locals, ...body, ...close];
  const magic = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  return Uint8Array.from(
    sequence(
      magic,
      section(1, [1, 0x60, parameters.length, ...parameters, 0]),
      section(2, [1, ...name("tidemark"), ...name("memory"), 2, pageLimitNone, 0]),
      section(3, [1, 0]),
      section(7, [1, ...name("dot"), 0, 0]),
      section(10, [1, ...unsigned(written.length), ...written]),
    ),
  );
}

function section(id: number, bytes: readonly number[]): readonly number[] {
  return [id, ...unsigned(bytes.length), ...bytes];
}

function name(text: string): readonly number[] {
  return [text.length, ...Buffer.from(text)];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const last = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return last ? [low] : [low | 0x80, ...signed(rest)];
}
