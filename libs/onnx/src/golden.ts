/**
 * Texts whose vectors are known in full precision. They are embedded at every start: a processor
 * that saturates 8-bit products, another tokenizer or another model shows itself here.
 */

export interface Golden {
  readonly items: readonly {
    readonly text: string;
    readonly ids: readonly number[];
    readonly embedding: readonly number[];
  }[];
}

/** Cosines between the vectors made here and those known. */
export interface GoldenReport {
  readonly mean: number;
  readonly min: number;
  readonly verdict: "ok" | "warn";
  /** What to tell the operator. */
  readonly message: string;
}

/** Where the processor multiplies 8-bit numbers exactly, the shipped model reaches 0.998. */
const okMeanMin = 0.9975;
/** Where products saturate it reaches 0.994; a wrong model comes nowhere near. */
const usableMeanMin = 0.985;

/**
 * Compares what `encode` and `embed` make of the golden texts.
 *
 *   ids        mean cosine        outcome
 *   differ     any                throws
 *   the same   below 0.985        throws
 *   the same   below 0.9975       warn
 *   the same   otherwise          ok
 */
export async function checkGolden(
  golden: Golden,
  encode: (text: string) => readonly number[],
  embed: (texts: readonly (readonly number[])[]) => Promise<readonly Float32Array[]>,
): Promise<GoldenReport> {
  if (golden.items.length === 0) throw new Error("golden.json has no texts: nothing is proven");
  const texts = golden.items.map(({ text }) => encode(text));
  for (const [index, { ids }] of golden.items.entries()) {
    if (String(texts[index]) !== String(ids)) {
      throw new Error(`golden text ${index} has other tokens: tokenizer.json is another model's`);
    }
  }
  const vectors = await embed(texts);
  const cosines = golden.items.map((item, index) => cosine(item.embedding, vectors[index] ?? []));
  return judge(cosines);
}

function judge(cosines: readonly number[]): GoldenReport {
  const mean = cosines.reduce((sum, value) => sum + value, 0) / cosines.length;
  const min = Math.min(...cosines);
  const figures = `mean cosine ${mean.toFixed(4)}, least ${min.toFixed(4)}`;
  // Written so that a mean which is not a number is refused.
  if (!(mean >= usableMeanMin)) {
    throw new Error(
      `the golden texts have other vectors (${figures}): the model file is not the one whose ` +
        "golden.json lies beside it, or this processor computes it wrongly",
    );
  }
  if (mean >= okMeanMin) return { mean, min, verdict: "ok", message: figures };
  const message =
    `the golden texts have less exact vectors (${figures}): this processor seems to have no VNNI, ` +
    "for which a model built with --reduce-range is better";
  return { mean, min, verdict: "warn", message };
}

function cosine(left: ArrayLike<number>, right: ArrayLike<number>): number {
  if (left.length !== right.length) return Number.NaN;
  let [product, leftSquares, rightSquares] = [0, 0, 0];
  for (let at = 0; at < left.length; at += 1) {
    const [a, b] = [left[at] ?? 0, right[at] ?? 0];
    product += a * b;
    leftSquares += a * a;
    rightSquares += b * b;
  }
  return product / Math.sqrt(leftSquares * rightSquares);
}
