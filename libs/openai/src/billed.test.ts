/** What is counted is what the endpoint billed, whatever became of its answers. */
import type { GenerationId } from "@tidemark/domain";
import { PoisonError, TransientError, type EmbedRequest } from "@tidemark/pipeline";
import { FakeServer, type Fault } from "./fake-server.ts";
import { OpenAiEmbedder, type Spent } from "./openai-embedder.ts";

const generation = "g1" as GenerationId;
const price = 2;

async function aBench(timeoutMs = 1_000) {
  const server = await FakeServer.start({ apiKey: null });
  const bills: Spent[] = [];
  const embedder = await OpenAiEmbedder.open({
    baseUrl: server.baseUrl,
    model: "fake",
    dimensions: 64,
    timeoutMs,
    batchTextsMax: 2,
    pricePerMillionTokens: price * 1_000_000,
    onBilled: (spent) => bills.push(spent),
  });
  const sum = (of: (bill: Spent) => number) => bills.reduce((total, bill) => total + of(bill), 0);
  return {
    server,
    bills,
    cost: () => sum((bill) => bill.cost),
    tokens: () => sum((bill) => bill.tokens),
    unconfirmed: () => sum((bill) => bill.unconfirmed),
    /** As a stage does: again, until it is answered. */
    async untilEmbedded(request: Pick<EmbedRequest, "texts" | "payers">) {
      for (let attempt = 0; attempt < 10; attempt += 1) {
        try {
          return await embedder.embed({ ...request, purpose: "document", lane: "live" });
        } catch (error) {
          if (!(error instanceof TransientError || error instanceof PoisonError)) throw error;
        }
      }
      throw new Error("never embedded");
    },
    async [Symbol.asyncDispose]() {
      await embedder[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const faults: readonly Fault[] = [
  { kind: "status", status: 500 },
  { kind: "hang", billed: true },
  { kind: "malformed" },
  { kind: "status", status: 503 },
  { kind: "wrong-width" },
  { kind: "nan" },
];

test("cost equals what the endpoint billed, retries and timeouts included, for each source", async () => {
  await using bench = await aBench();
  bench.server.fail(...faults);
  const texts = ["the tide", "comes in", "twice a day", "and goes out", "again"];
  const payers = texts.map((_, at) => ({ source: at < 2 ? "files" : "app", generation }));

  await bench.untilEmbedded({ texts, payers });
  await bench.untilEmbedded({ texts: ["one more"], payers: payers.slice(0, 1) });

  expect(bench.tokens()).toBeCloseTo(bench.server.billedTokens, 6);
  expect(bench.cost()).toBeCloseTo(bench.server.billedTokens * price, 6);
  expect(bench.unconfirmed()).toBeGreaterThan(0);
  expect(new Set(bench.bills.map(({ source }) => source))).toEqual(new Set(["files", "app"]));
});

test.each<Fault>([{ kind: "hang", billed: false }, { kind: "cut" }])(
  "what may have been billed is counted and said to be unconfirmed: %p",
  async (fault) => {
    await using bench = await aBench(300);
    bench.server.fail(fault);

    await bench.untilEmbedded({ texts: ["the tide"] });

    const billed = bench.server.billedTokens * price;
    expect(bench.cost() - bench.unconfirmed()).toBeCloseTo(billed, 6);
    expect(bench.unconfirmed()).toBeGreaterThan(0);
  },
);

test("what nobody was there to take costs nothing", async () => {
  const bench = await aBench();
  await bench.server[Symbol.asyncDispose]();

  await expect(bench.untilEmbedded({ texts: ["the tide"] })).rejects.toThrow("never embedded");

  expect(bench.bills).toEqual([]);
});
