import { TransientError } from "@tidemark/pipeline";
import { embedderContract } from "./contracts/embedder.ts";
import { MemoryEmbedder } from "./memory-embedder.ts";
import { cosine } from "./nearest.ts";
import { VirtualClock } from "./virtual-clock.ts";

const request = { purpose: "document", lane: "live" } as const;

embedderContract("memory", async () => new MemoryEmbedder({ poisonWord: "arsenic" }), {
  poisonText: "a drop of arsenic",
});

test("texts that share words are nearer than texts that do not", async () => {
  const embedder = new MemoryEmbedder();
  const texts = ["spring tide", "neap tide", "pocket calculator"];
  const { vectors } = await embedder.embed({ ...request, texts });
  const [spring, neap, other] = vectors;
  if (!spring || !neap || !other) throw new Error("three vectors");

  expect(cosine(spring, neap)).toBeGreaterThan(cosine(spring, other));
});

test("what was embedded is counted by purpose", async () => {
  const embedder = new MemoryEmbedder({ costPerToken: 0.5 });
  const reply = await embedder.embed({ ...request, texts: ["ebb", "spring tide"] });

  expect(reply).toMatchObject({ tokens: 3, cost: 1.5 });
  expect(embedder.embedded).toEqual({
    document: { requests: 1, texts: 2, tokens: 3 },
    query: { requests: 0, texts: 0, tokens: 0 },
  });
});

test("told failures pass, and are not counted as embedded", async () => {
  const embedder = new MemoryEmbedder();
  embedder.failNext(1);

  await expect(embedder.embed({ ...request, texts: ["ebb"] })).rejects.toBeInstanceOf(
    TransientError,
  );
  await embedder.embed({ ...request, texts: ["ebb"] });
  expect(embedder.embedded.document.texts).toBe(1);
});

test("a marked text gets a vector that is no vector", async () => {
  const embedder = new MemoryEmbedder({ badVectorWord: "broken" });
  const { vectors } = await embedder.embed({ ...request, texts: ["broken", "whole"] });

  expect(vectors.map((vector) => vector.every(Number.isFinite))).toEqual([false, true]);
});

test("a slow embedder takes the clock's time", async () => {
  const clock = new VirtualClock();
  const embedder = new MemoryEmbedder({ slow: { clock, ms: 500 } });
  let done = false;
  const reply = embedder.embed({ ...request, texts: ["ebb"] }).then(() => {
    done = true;
  });

  await clock.advance(499);
  expect(done).toBe(false);
  await clock.advance(1);
  await reply;
  expect(done).toBe(true);
});
