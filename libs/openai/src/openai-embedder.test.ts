import { setTimeout as wait } from "node:timers/promises";
import type { EmbedLane, EmbedRequest } from "@tidemark/pipeline";
import { bagOfWords } from "./bag-of-words.ts";
import type { BudgetReached, BudgetState } from "./daily-budget.ts";
import { FakeServer, type FakeServerOptions, type Fault } from "./fake-server.ts";
import { OpenAiEmbedder, type OpenAiEmbedderOptions } from "./openai-embedder.ts";

const key = "sk-test-0123456789abcdef";

class Bench implements AsyncDisposable {
  readonly server: FakeServer;
  readonly embedder: OpenAiEmbedder;

  private constructor(server: FakeServer, embedder: OpenAiEmbedder) {
    this.server = server;
    this.embedder = embedder;
  }

  static async open(
    options: Partial<OpenAiEmbedderOptions> = {},
    served: FakeServerOptions = {},
  ): Promise<Bench> {
    const server = await FakeServer.start({ apiKey: key, ...served });
    const embedder = await OpenAiEmbedder.open({
      baseUrl: server.baseUrl,
      model: "fake",
      dimensions: 64,
      apiKey: key,
      ...options,
    });
    return new Bench(server, embedder);
  }

  embed(texts: readonly string[], request: Partial<EmbedRequest> = {}) {
    return this.embedder.embed({ texts, purpose: "document", lane: "live", ...request });
  }

  /** Until a request is with the server. */
  async asked(): Promise<void> {
    while (this.server.requests.length === 0) await wait(1);
  }

  async [Symbol.asyncDispose]() {
    await this.embedder[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

const texts = (count: number) =>
  Array.from({ length: count }, (_, index) => `text number ${index}`);
const near = (vector: Float32Array | undefined, text: string) => {
  const other = bagOfWords(text, 64);
  return vector?.reduce((sum, number, place) => sum + number * (other[place] ?? 0), 0) ?? 0;
};

test.each([
  ["base64", {}],
  ["lists where base64 is ignored", { base64: "ignores" }],
  ["lists where base64 is refused", { base64: "refuses" }],
  ["the model's own width where none may be asked for", { width: "refuses", dimensions: 64 }],
  ["neither parameter known", { width: "refuses", base64: "refuses", dimensions: 64 }],
] as const)("vectors come in the order of the texts: %s", async (_, served) => {
  await using bench = await Bench.open({}, served);
  const wanted = texts(5);

  const { vectors, cost } = await bench.embed(wanted);
  await bench.embed(wanted);

  expect(vectors.map((vector, index) => near(vector, wanted[index] ?? ""))).toEqual(
    wanted.map(() => expect.closeTo(1, 5)),
  );
  expect(cost).toBe(0);
  const refusals =
    Number("base64" in served && served.base64 === "refuses") + Number("width" in served);
  expect(bench.server.requests).toHaveLength(2 + refusals);
});

test("a request has no more texts and tokens than it may, and the prefix of its purpose", async () => {
  await using bench = await Bench.open({
    batchTextsMax: 3,
    batchTokensMax: 20,
    documentPrefix: "passage: ",
    queryPrefix: "query: ",
  });

  await bench.embed(texts(7));
  await bench.embed(["tide"], { purpose: "query", lane: "query" });

  const [question, ...rest] = bench.server.requests.toReversed();
  expect(question?.input).toEqual(["query: tide"]);
  expect(rest.flatMap(({ input }) => input).toSorted()).toEqual(
    texts(7).map((text) => `passage: ${text}`),
  );
  for (const { input } of rest) {
    const tokens = input.reduce((sum, text) => sum + bench.embedder.countTokens(text), 0);
    expect(input.length).toBeLessThanOrEqual(3);
    expect(tokens).toBeLessThanOrEqual(20);
  }
});

test("a text of more tokens than the model takes is refused here, naming the limit", async () => {
  await using bench = await Bench.open({ tokensMax: 10 });

  await expect(bench.embed(["tide ".repeat(20)])).rejects.toMatchObject({
    reason: "embedding-refused",
    message: expect.stringContaining("maxTokens = 10"),
  });
  expect(bench.server.requests).toEqual([]);
});

test.each<[string, Fault, object]>([
  ["429 with seconds", { kind: "status", status: 429, retryAfter: "7" }, { retryAfterMs: 7000 }],
  [
    "429 with a date",
    { kind: "status", status: 429, retryAfter: "Thu, 01 Jan 2026 00:01:00 GMT" },
    { retryAfterMs: 60_000 },
  ],
  ["500", { kind: "status", status: 500 }, { retryAfterMs: undefined }],
  ["503", { kind: "status", status: 503, retryAfter: "1" }, { retryAfterMs: 1000 }],
  ["401", { kind: "status", status: 401 }, { message: expect.stringContaining("setting apiKey") }],
  ["403", { kind: "status", status: 403 }, { message: expect.stringContaining("setting apiKey") }],
  [
    "404",
    { kind: "status", status: 404 },
    { message: expect.stringContaining("baseUrl and model") },
  ],
  [
    "an unknown model",
    { kind: "status", status: 400, body: { error: { message: "no", code: "model_not_found" } } },
    { message: expect.stringContaining("setting model") },
  ],
  [
    "a cut connection",
    { kind: "cut" },
    { message: expect.stringContaining("could not be reached") },
  ],
  ["no JSON", { kind: "malformed" }, { message: expect.stringContaining("no JSON") }],
])("%s is an outage", async (_, fault, expected) => {
  await using bench = await Bench.open({ nowMs: () => Date.parse("2026-01-01T00:00:00Z") });
  bench.server.fail(fault);

  await expect(bench.embed(["a"])).rejects.toMatchObject({ name: "TransientError", ...expected });
});

test.each<[string, Fault, string]>([
  ["400", { kind: "status", status: 400 }, "embedding-refused"],
  ["413", { kind: "status", status: 413 }, "embedding-refused"],
  ["422", { kind: "status", status: 422 }, "embedding-refused"],
  ["another width", { kind: "wrong-width" }, "bad-vector"],
  ["not a number", { kind: "nan" }, "bad-vector"],
])("%s is poison", async (_, fault, reason) => {
  await using bench = await Bench.open();
  bench.server.fail(fault);

  await expect(bench.embed(["a"])).rejects.toMatchObject({ name: "PoisonError", reason });
});

test("of many texts the one that is refused can be found by halving", async () => {
  await using bench = await Bench.open({}, { refuses: (text) => text.includes("number 5") });

  await expect(bench.embed(texts(8))).rejects.toMatchObject({ reason: "embedding-refused" });
  await expect(bench.embed(texts(8).slice(0, 5))).resolves.toMatchObject({ cost: 0 });
  await expect(bench.embed(["text number 5"])).rejects.toMatchObject({ name: "PoisonError" });
});

test("neither the key nor a text is in an error, however the server repeats them", async () => {
  await using bench = await Bench.open();
  bench.server.fail({
    kind: "status",
    status: 401,
    body: { error: { message: `Incorrect API key provided: ${key}. ${"x".repeat(1000)}` } },
  });
  const body = { detail: [{ loc: ["body", "input"], msg: "too long", input: "secret text" }] };

  const outage = await bench.embed(["a"]).catch((error: unknown) => error as Error);
  await using other = await Bench.open();
  other.server.fail({ kind: "status", status: 422, body });
  const poison = await other.embed(["secret text"]).catch((error: unknown) => error as Error);

  expect((outage as Error).message).toMatch(/^the endpoint refused the setting apiKey/);
  expect((outage as Error).message.length).toBeLessThan(400);
  expect((poison as Error).message).toBe("the endpoint refused a text (status 422: too long)");
  for (const error of [outage, poison]) {
    expect(`${JSON.stringify(error)} ${(error as Error).stack}`).not.toMatch(/sk-test|secret/);
  }
});

test.each([
  ["a key with a newline", { apiKey: `${key}\n` }],
  ["a URL with a password", { baseUrl: "http://me:secret@localhost/v1" }],
  ["no URL", { baseUrl: "localhost/v1" }],
])("%s is refused when opened, and not repeated", async (_, options) => {
  const opening = OpenAiEmbedder.open({
    baseUrl: "http://localhost/v1",
    model: "fake",
    dimensions: 4,
    ...options,
  });

  const error = await opening.then(
    () => null,
    (refusal: unknown) => refusal as Error,
  );
  expect(error?.name).toBe("RangeError");
  expect(error?.message).not.toMatch(/sk-test|secret/);
});

test("an answer that does not come in time is an outage, and is counted as if it was billed", async () => {
  await using bench = await Bench.open({ timeoutMs: 1_000, pricePerMillionTokens: 1_000_000 });
  bench.server.fail({ kind: "hang", billed: true });

  await expect(bench.embed(["tide"])).rejects.toMatchObject({
    name: "TransientError",
    message: expect.stringContaining("timeout = 1000 ms"),
  });
  const { cost, tokens } = await bench.embed(["tide"]);
  expect(cost).toBe(tokens);
  expect(bench.embedder.budgetState.spent).toBe(bench.server.billedTokens);
});

test("an answer that is paid for and unusable is spent", async () => {
  const states: BudgetState[] = [];
  await using bench = await Bench.open({
    pricePerMillionTokens: 1_000_000,
    onSpent: (state) => states.push(state),
  });
  bench.server.fail({ kind: "nan" });

  await expect(bench.embed(["tide"])).rejects.toMatchObject({ reason: "bad-vector" });

  expect(bench.embedder.budgetState.spent).toBe(bench.server.billedTokens);
  expect(states).toEqual([bench.embedder.budgetState]);
});

test("a spent budget waits for the next day, tells once, and outlives a restart", async () => {
  let nowMs = Date.parse("2026-03-01T18:00:00Z");
  const reached: BudgetReached[] = [];
  const options = {
    pricePerMillionTokens: 1_000_000,
    budgetPerDay: 10,
    nowMs: () => nowMs,
    onBudget: (facts: BudgetReached) => reached.push(facts),
  };
  await using bench = await Bench.open(options);
  const spend = () => bench.embed(["one two three four five six seven"]);
  const { cost } = await spend();

  const refusal = { name: "TransientError", retryAfterMs: 6 * 60 * 60 * 1000 };
  await expect(spend()).rejects.toMatchObject(refusal);
  await expect(spend()).rejects.toMatchObject(refusal);
  await using restarted = await Bench.open({ ...options, budgetState: bench.embedder.budgetState });
  await expect(restarted.embed(["one two three four"])).rejects.toMatchObject(refusal);
  await restarted.embed(["tide"], { lane: "query", purpose: "query" });

  expect(reached.map(({ spent }) => spent)).toEqual([cost, cost]);
  nowMs = Date.parse("2026-03-02T00:00:00Z");
  expect((await spend()).cost).toBe(cost);
});

test("after a 429 documents wait as long as was asked, and queries are tried", async () => {
  let nowMs = 0;
  await using bench = await Bench.open({ nowMs: () => nowMs });
  bench.server.fail({ kind: "status", status: 429, retryAfter: "7" });
  await expect(bench.embed(["a"])).rejects.toMatchObject({ retryAfterMs: 7000 });

  nowMs = 5000;
  await expect(bench.embed(["a"])).rejects.toMatchObject({ retryAfterMs: 2000 });
  await bench.embed(["a"], { lane: "query" });
  expect(bench.server.requests).toHaveLength(2);
  nowMs = 7000;
  await bench.embed(["a"]);
});

test("a query goes before everything that waits, and beside what is under way", async () => {
  await using bench = await Bench.open({ requestsMax: 2, batchTextsMax: 1 }, { latencyMs: 5 });
  const done: EmbedLane[] = [];
  const ask = async (lane: EmbedLane, count: number) => {
    await bench.embed(texts(count), { lane });
    done.push(lane);
  };

  const backfill = ask("backfill", 10);
  const live = ask("live", 2);
  await Promise.all([backfill, live, ask("query", 1)]);

  expect(done).toEqual(["query", "live", "backfill"]);
});

test("a full lane refuses at once, and leaves the others their room", async () => {
  await using bench = await Bench.open(
    { requestsMax: 1, queuedTextsMax: 4, batchTextsMax: 1 },
    { latencyMs: 5 },
  );

  const admitted = bench.embed(texts(5), { lane: "backfill" });
  await expect(bench.embed(texts(1), { lane: "backfill" })).rejects.toMatchObject({
    name: "OverloadedError",
  });
  await bench.embed(texts(1), { lane: "live" });
  await admitted;
  expect(Object.values(bench.embedder.queuedTexts)).toEqual([0, 0, 0, 0]);
});

test("an aborted request leaves the queue, and one under way ends", async () => {
  await using bench = await Bench.open({ requestsMax: 1 });
  bench.server.fail({ kind: "hang", billed: false });
  const [first, second] = [new AbortController(), new AbortController()];
  const running = bench.embed(["a"], { signal: first.signal });
  const queued = bench.embed(["b"], { signal: second.signal });
  await bench.asked();

  second.abort(new Error("no longer wanted"));
  await expect(queued).rejects.toThrow("no longer wanted");
  first.abort(new Error("stop"));
  await expect(running).rejects.toThrow("stop");
  await bench.embed(["c"]);
});

test("closing rejects what waits and what is under way", async () => {
  await using bench = await Bench.open({ requestsMax: 1 });
  bench.server.fail({ kind: "hang", billed: false });
  const outcomes = Promise.allSettled([bench.embed(["a"]), bench.embed(["b"])]);
  await bench.asked();

  await bench.embedder[Symbol.asyncDispose]();

  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ reason: { message: "the embedder is closing" } });
  }
});

test("the space follows model and dimensions, never address, key or price", async () => {
  const open = async (options: Partial<OpenAiEmbedderOptions>) => {
    const settings = { baseUrl: "http://a/v1", model: "m", dimensions: 4, ...options };
    return (await OpenAiEmbedder.open(settings)).space;
  };

  const space = await open({});

  expect(await open({ baseUrl: "http://b/v1", apiKey: "k", pricePerMillionTokens: 1 })).toEqual(
    space,
  );
  expect((await open({ model: "n" })).weightsDigest).not.toBe(space.weightsDigest);
  expect((await open({ dimensions: 5 })).weightsDigest).not.toBe(space.weightsDigest);
  expect((await open({ encoding: "o200k_base" })).tokenizerDigest).not.toBe(space.tokenizerDigest);
});
