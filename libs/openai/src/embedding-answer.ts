/** The endpoint's answer → vectors of unit length, in the order of the texts. */
import { PoisonError, TransientError } from "@tidemark/pipeline";

export interface AnswerUsage {
  /** Tokens that are billed; null when the endpoint does not say. */
  readonly tokens: number | null;
}

/** Throws `TransientError` when the body is no answer at all. */
export function parseAnswer(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw malformed("no JSON");
  }
}

export function usageOf(answer: unknown): AnswerUsage {
  const usage = (answer as { usage?: unknown } | null)?.usage;
  const counts = usage as { prompt_tokens?: unknown; total_tokens?: unknown } | null | undefined;
  const tokens = counts?.prompt_tokens ?? counts?.total_tokens;
  return { tokens: typeof tokens === "number" && Number.isFinite(tokens) ? tokens : null };
}

/**
 * Throws `TransientError` when the answer has not one vector for each text, and
 * `PoisonError("bad-vector")` when one has another width, a component that is no number, or no
 * length.
 */
export function vectorsOf(
  answer: unknown,
  { texts, dimensions }: { readonly texts: number; readonly dimensions: number },
): Float32Array[] {
  const data = (answer as { data?: unknown } | null)?.data;
  if (!Array.isArray(data)) throw malformed("no list of vectors");
  if (data.length !== texts) throw malformed(`${data.length} vectors for ${texts} texts`);
  const vectors = Array.from<Float32Array | undefined>({ length: texts });
  for (const [place, item] of data.entries()) {
    const { index = place, embedding } = (item ?? {}) as { index?: unknown; embedding?: unknown };
    if (typeof index !== "number" || !(index in vectors) || vectors[index]) {
      throw malformed("an index that is no text's, or twice");
    }
    vectors[index] = unit(numbersOf(embedding), dimensions);
  }
  return vectors.map((vector) => vector ?? new Float32Array());
}

/** Base64 of little-endian 32-bit floats, or a list of numbers. */
function numbersOf(embedding: unknown): ArrayLike<unknown> {
  if (Array.isArray(embedding)) return embedding;
  if (typeof embedding !== "string") throw malformed("a vector that is neither a list nor base64");
  const bytes = Buffer.from(embedding, "base64");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: Math.floor(bytes.byteLength / 4) }, (_, place) =>
    view.getFloat32(place * 4, true),
  );
}

function unit(numbers: ArrayLike<unknown>, dimensions: number): Float32Array {
  if (numbers.length !== dimensions) {
    throw new PoisonError(
      "bad-vector",
      `the endpoint answered a vector of ${numbers.length} numbers, not dimensions = ${dimensions}`,
    );
  }
  let sum = 0;
  for (let place = 0; place < dimensions; place += 1) {
    const number = numbers[place];
    if (typeof number !== "number" || !Number.isFinite(number)) {
      throw new PoisonError("bad-vector", "the endpoint answered a vector that is not all numbers");
    }
    sum += number * number;
  }
  const length = Math.sqrt(sum);
  if (length === 0 || !Number.isFinite(length)) {
    throw new PoisonError("bad-vector", "the endpoint answered a vector without a length");
  }
  return Float32Array.from(numbers as ArrayLike<number>, (number) => number / length);
}

function malformed(what: string): TransientError {
  return new TransientError(`the endpoint answered what is no list of embeddings: ${what}`);
}
