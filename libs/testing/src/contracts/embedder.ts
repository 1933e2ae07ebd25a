/**
 * What every embedder promises.
 *
 *     embedderContract("memory", async () => new MemoryEmbedder(), { poisonText: "poison" });
 */
import { PoisonError, type Embedder, type EmbedRequest } from "@tidemark/pipeline";
import { cosine } from "../nearest.ts";

export interface EmbedderContractOptions {
  /** A text that can never be embedded, where there is one. */
  readonly poisonText?: string;
  /** How far from 1 the cosine of a text's vector with itself in other company may be. */
  readonly tolerance?: number;
}

const texts = [
  "The tide comes in twice a day.",
  "Backups are kept for thirty days, and one of them is restored every week.",
  "moon",
];

export function embedderContract(
  name: string,
  open: () => Promise<Embedder & Partial<AsyncDisposable>>,
  options: EmbedderContractOptions = {},
): void {
  const { poisonText, tolerance = 1e-5 } = options;

  const withEmbedder = async (body: (embedder: Embedder) => Promise<void>): Promise<void> => {
    const embedder = await open();
    try {
      await body(embedder);
    } finally {
      await embedder[Symbol.asyncDispose]?.();
    }
  };

  describe(`${name} as an embedder`, () => {
    test("each text gets a vector of the stated width, finite and of unit length", () =>
      withEmbedder(async (embedder) => {
        const { vectors, tokens, cost } = await embedder.embed(aRequest(texts));

        expect(vectors).toHaveLength(texts.length);
        for (const vector of vectors) {
          expect(vector).toHaveLength(embedder.space.dimension);
          expect(vector.every(Number.isFinite)).toBe(true);
          expect(Math.hypot(...vector)).toBeCloseTo(1, 3);
        }
        expect(tokens).toBeGreaterThanOrEqual(texts.length);
        expect(cost).toBeGreaterThanOrEqual(0);
      }));

    test("a text has the same vector whatever shares its request, and vectors keep the order", () =>
      withEmbedder(async (embedder) => {
        const together = await embedder.embed(aRequest(texts));
        const turned = await embedder.embed(aRequest(texts.toReversed()));

        for (const [at, text] of texts.entries()) {
          const alone = await embedder.embed(aRequest([text]));
          const vector = alone.vectors[0];
          const inTurn = turned.vectors[texts.length - 1 - at];
          expect(1 - similarity(vector, together.vectors[at])).toBeLessThan(tolerance);
          expect(1 - similarity(vector, inTurn)).toBeLessThan(tolerance);
        }
      }));

    test("requests at the same time get the vectors of their own texts", () =>
      withEmbedder(async (embedder) => {
        const expected = await embedder.embed(aRequest(texts));
        const replies = await Promise.all(texts.map((text) => embedder.embed(aRequest([text]))));

        for (const [at, reply] of replies.entries()) {
          expect(1 - similarity(reply.vectors[0], expected.vectors[at])).toBeLessThan(tolerance);
        }
      }));

    test("different texts have different vectors, and queries are embedded too", () =>
      withEmbedder(async (embedder) => {
        const { vectors } = await embedder.embed(aRequest(texts));
        const query = await embedder.embed({ ...aRequest(texts), purpose: "query", lane: "query" });

        expect(similarity(vectors[0], vectors[1])).toBeLessThan(0.99);
        expect(similarity(query.vectors[0], vectors[0])).toBeGreaterThan(
          similarity(query.vectors[0], vectors[1]),
        );
      }));

    test("no texts need no vectors", () =>
      withEmbedder(async (embedder) => {
        expect((await embedder.embed(aRequest([]))).vectors).toEqual([]);
      }));

    test("a text past the limit is cut and not refused", () =>
      withEmbedder(async (embedder) => {
        const long = "tide ".repeat(embedder.space.tokensMax * 3);

        const { vectors, tokens } = await embedder.embed(aRequest([long]));

        expect(vectors).toHaveLength(1);
        expect(tokens).toBeLessThanOrEqual(embedder.space.tokensMax);
      }));

    test("tokens are counted, none for nothing and more for more", () =>
      withEmbedder(async (embedder) => {
        const one = embedder.countTokens("the tide");

        expect(embedder.countTokens("")).toBe(0);
        expect(one).toBeGreaterThan(0);
        expect(embedder.countTokens("the tide ".repeat(50))).toBeGreaterThanOrEqual(one * 40);
        expect(embedder.countTokens("the tide")).toBe(one);
      }));

    test("a request that was given up before it began is refused", () =>
      withEmbedder(async (embedder) => {
        const signal = AbortSignal.abort();

        await expect(embedder.embed({ ...aRequest(texts), signal })).rejects.toThrow();
        expect((await embedder.embed(aRequest(texts))).vectors).toHaveLength(texts.length);
      }));

    if (poisonText !== undefined) {
      test("a text that can never be embedded is poison, and the others go on without it", () =>
        withEmbedder(async (embedder) => {
          const request = aRequest([...texts, poisonText]);

          await expect(embedder.embed(request)).rejects.toBeInstanceOf(PoisonError);
          expect((await embedder.embed(aRequest(texts))).vectors).toHaveLength(texts.length);
        }));
    }
  });
}

function aRequest(of: readonly string[]): EmbedRequest {
  return { texts: of, purpose: "document", lane: "live" };
}

function similarity(a: Float32Array | undefined, b: Float32Array | undefined): number {
  if (!a || !b) throw new Error("a vector is missing");
  return cosine(a, b);
}
