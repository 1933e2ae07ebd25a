import {
  OverloadedError,
  PoisonError,
  TransientError,
  embedLanes,
  type EmbedRequest,
  type Embedder,
} from "@tidemark/pipeline";
import { MemoryEmbedder, embedderContract, eventually } from "@tidemark/testing";
import { clientBounds } from "./bounds.ts";
import { LossyProxy } from "./fixtures/lossy-proxy.ts";
import { aServer, instead } from "./fixtures/test-server.ts";
import { RpcEmbedder } from "./rpc-embedder.ts";
import type { RpcEmbedderOptions } from "./rpc-embedder.ts";

const documents = { purpose: "document", lane: "live" } as const;
const texts = ["the tide comes in", "backups are kept", "moon"];

function aClient(
  target: string,
  embedder: Embedder,
  options: Partial<RpcEmbedderOptions> = {},
): Promise<RpcEmbedder> {
  const { model, tokenizerDigest: digest } = embedder.space;
  const tokenizer = { digest, countTokens: (text: string) => embedder.countTokens(text) };
  return RpcEmbedder.connect({ target, model, tokenizer, ...options });
}

embedderContract(
  "rpc",
  async () => {
    const embedder = new MemoryEmbedder({ poisonWord: "poison" });
    const server = await aServer(embedder);
    const client = await aClient(server.target, embedder);
    return Object.assign(client, {
      async [Symbol.asyncDispose]() {
        await RpcEmbedder.prototype[Symbol.asyncDispose].call(client);
        await server[Symbol.asyncDispose]();
      },
    });
  },
  { poisonText: "this one is poison" },
);

test("vectors, tokens and cost are those that the embedder made", async () => {
  const embedder = new MemoryEmbedder({ costPerToken: 0.5 });
  await using server = await aServer(embedder, {
    served: { device: "cpu", golden: { verdict: "warn", mean: 0.994, min: 0.986 } },
  });
  await using client = await aClient(server.target, embedder);

  const here = await embedder.embed({ texts, ...documents });
  const there = await client.embed({ texts, ...documents });

  expect(there).toEqual(here);
  expect(there.cost).toBe(there.tokens * 0.5);
  expect(client.space).toEqual(embedder.space);
  expect(client.device).toBe("cpu");
  expect(client.golden).toEqual({ verdict: "warn", mean: 0.994, min: 0.986 });
});

test.each(embedLanes)("lane %s and both purposes arrive as they were given", async (lane) => {
  const embedder = new MemoryEmbedder();
  const seen: Omit<EmbedRequest, "texts" | "signal">[] = [];
  await using server = await aServer(
    instead(embedder, ({ purpose, lane: given, ...rest }) => {
      seen.push({ purpose, lane: given });
      return embedder.embed({ purpose, lane: given, ...rest });
    }),
  );
  await using client = await aClient(server.target, embedder);

  for (const purpose of ["document", "query"] as const) {
    await client.embed({ texts, purpose, lane });
  }

  expect(seen).toEqual([
    { purpose: "document", lane },
    { purpose: "query", lane },
  ]);
  expect(server.answered.map((facts) => facts.lane)).toEqual([lane, lane]);
});

test("a request that is too large for one message is split, and its vectors keep their order", async () => {
  const embedder = new MemoryEmbedder();
  await using server = await aServer(embedder);
  await using client = await aClient(server.target, embedder);
  const many = Array.from({ length: clientBounds.textsMax * 2 + 1 }, (_, at) => `text ${at}`);

  const { vectors, tokens } = await client.embed({ texts: many, ...documents });

  expect(embedder.embedded.document).toMatchObject({ requests: 3, texts: many.length });
  expect(vectors).toEqual((await embedder.embed({ texts: many, ...documents })).vectors);
  expect(tokens).toBe(many.length * 2);
});

test("of a request in parts, the first that fails takes the others with it", async () => {
  const embedder = new MemoryEmbedder({ poisonWord: "poison" });
  const aborted: string[] = [];
  await using server = await aServer(
    instead(embedder, (request) =>
      request.texts.includes("poison") ? embedder.embed(request) : untilAborted(request, aborted),
    ),
  );
  await using client = await aClient(server.target, embedder);
  const many = Array.from({ length: clientBounds.textsMax + 1 }, (_, at) => `text ${at}`);

  const failing = client.embed({ texts: [...many, "poison"], ...documents });

  await expect(failing).rejects.toBeInstanceOf(PoisonError);
  await eventually(() => expect(aborted).toEqual(["text 0"]));
});

test("a text that no message can hold is poison, and nobody is asked", async () => {
  const embedder = new MemoryEmbedder();
  await using server = await aServer(embedder);
  await using client = await aClient(server.target, embedder);
  const long = "x".repeat(clientBounds.oneTextBytesMax + 1);

  const refused = client.embed({ texts: [long], ...documents });

  await expect(refused).rejects.toMatchObject({ name: "PoisonError", reason: "size-limit" });
  expect(server.answered).toEqual([]);
});

test("what the caller gives up leaves the server's queue", async () => {
  const embedder = new MemoryEmbedder();
  const [asked, aborted]: [string[], string[]] = [[], []];
  await using server = await aServer(
    instead(embedder, (request) => {
      asked.push(...request.texts);
      return untilAborted(request, aborted);
    }),
  );
  await using client = await aClient(server.target, embedder);
  const giveUp = new AbortController();

  const given = client.embed({ texts: ["a"], ...documents, signal: giveUp.signal });
  await eventually(() => expect(asked).toEqual(["a"]));
  giveUp.abort(new Error("no longer wanted"));

  await expect(given).rejects.toThrow("no longer wanted");
  await eventually(() => expect(aborted).toEqual(["a"]));
  await eventually(() => expect(server.answered[0]?.outcome).toBe("given-up"));
});

test("what takes longer than its lane waits fails here and leaves the server's queue", async () => {
  const embedder = new MemoryEmbedder();
  const aborted: string[] = [];
  await using server = await aServer(
    instead(embedder, (request) => untilAborted(request, aborted)),
  );
  const waitMs = { ...clientBounds.waitMs, query: 100 };
  await using client = await aClient(server.target, embedder, { waitMs });

  const late = client.embed({ texts: ["a"], purpose: "query", lane: "query" });

  await expect(late).rejects.toBeInstanceOf(TransientError);
  await expect(late).rejects.toThrow("DEADLINE_EXCEEDED");
  await eventually(() => expect(aborted).toEqual(["a"]));
});

test("a full queue is an overload, told at once and with its wait", async () => {
  const embedder = new MemoryEmbedder();
  await using server = await aServer(
    instead(embedder, () => {
      throw new OverloadedError("the queue is full: live", { retryAfterMs: 700 });
    }),
  );
  await using client = await aClient(server.target, embedder);

  const refused = client.embed({ texts, ...documents });

  await expect(refused).rejects.toBeInstanceOf(OverloadedError);
  await expect(refused).rejects.toMatchObject({ retryAfterMs: 700 });
  expect(server.answered.map(({ outcome }) => outcome)).toEqual(["overloaded"]);
});

test("what may pass is tried again, and counted once", async () => {
  const embedder = new MemoryEmbedder({ costPerToken: 1 });
  embedder.failNext(2);
  await using server = await aServer(embedder);
  await using client = await aClient(server.target, embedder);

  const reply = await client.embed({ texts, ...documents });

  expect(server.answered.map(({ outcome }) => outcome)).toEqual([
    "unavailable",
    "unavailable",
    "answered",
  ]);
  expect(reply.tokens).toBe(embedder.embedded.document.tokens);
  expect(reply.cost).toBe(reply.tokens);
});

test("what does not pass is transient after so many tries", async () => {
  const embedder = new MemoryEmbedder();
  embedder.failNext(clientBounds.attemptsMax);
  await using server = await aServer(embedder);
  await using client = await aClient(server.target, embedder);

  await expect(client.embed({ texts, ...documents })).rejects.toBeInstanceOf(TransientError);

  expect(server.answered).toHaveLength(clientBounds.attemptsMax);
});

test("an answer that was lost on its way is given again: embedded once, counted once", async () => {
  const embedder = new MemoryEmbedder({ costPerToken: 1 });
  await using server = await aServer(embedder);
  await using proxy = await LossyProxy.open(server.port);
  await using client = await aClient(proxy.target, embedder);
  const expected = await embedder.embed({ texts, ...documents });
  const before = { ...embedder.embedded.document };

  proxy.loseAnswer(texts.length * embedder.space.dimension * Float32Array.BYTES_PER_ELEMENT);
  const reply = await client.embed({ texts, ...documents });

  expect(reply).toEqual(expected);
  expect(embedder.embedded.document.requests).toBe(before.requests + 1);
  expect(server.answered).toMatchObject([
    { outcome: "answered", texts: texts.length, tokens: reply.tokens },
    { outcome: "remembered", texts: 0, tokens: 0 },
  ]);
});

test("a bug in the server is told to the server, and may pass here", async () => {
  const embedder = new MemoryEmbedder();
  const bug = new TypeError("undefined is not a vector");
  await using server = await aServer(instead(embedder, () => Promise.reject(bug)));
  await using client = await aClient(server.target, embedder);

  await expect(client.embed({ texts, ...documents })).rejects.toBeInstanceOf(TransientError);

  expect(server.bugs).toEqual([bug]);
});

test("two servers take turns, and one that is gone is not missed", async () => {
  const embedder = new MemoryEmbedder();
  const first = await aServer(embedder);
  await using second = await aServer(embedder);
  const target = `ipv4:127.0.0.1:${first.port},127.0.0.1:${second.port}`;
  await using client = await aClient(target, embedder);
  const ask = async (times: number) => {
    for (let at = 0; at < times; at += 1) await client.embed({ texts: [`${at}`], ...documents });
  };

  // Until it is connected to both, one takes all.
  await eventually(async () => {
    await ask(2);
    expect(first.answered.length * second.answered.length).toBeGreaterThan(0);
  });
  const before = [first.answered.length, second.answered.length];
  await ask(10);
  expect([first.answered.length, second.answered.length]).toEqual(before.map((count) => count + 5));

  await first[Symbol.asyncDispose]();
  await ask(10);
  expect(second.answered.length).toBeGreaterThanOrEqual((before[1] ?? 0) + 15);
});

test("a server that starts again with another model under the name is refused, naming both", async () => {
  const embedder = new MemoryEmbedder({ model: "same-name" });
  const first = await aServer(embedder);
  await using client = await aClient(first.target, embedder);
  await first[Symbol.asyncDispose]();
  const changed = new MemoryEmbedder({ model: "same-name", tokensMax: 8 });
  await using second = await aServer(changed, { port: first.port });
  const other = await aClient(second.target, changed);

  const refused = client.embed({ texts, ...documents });

  await expect(refused).rejects.toBeInstanceOf(TransientError);
  await expect(refused).rejects.toThrow(client.fingerprint);
  await expect(refused).rejects.toThrow(other.fingerprint);
  await other[Symbol.asyncDispose]();
});

test("a model that is not served is refused at the start, with those that are", async () => {
  const served = [new MemoryEmbedder({ model: "small" }), new MemoryEmbedder({ model: "large" })];
  await using server = await aServer(served);

  await expect(aClient(server.target, new MemoryEmbedder({ model: "huge" }))).rejects.toThrow(
    "serves small, large, and not huge",
  );
});

test("of several models each answers under its name", async () => {
  const [small, large] = [
    new MemoryEmbedder({ model: "small", dimension: 8 }),
    new MemoryEmbedder({ model: "large", dimension: 64 }),
  ] as const;
  await using server = await aServer([small, large]);
  await using toSmall = await aClient(server.target, small);
  await using toLarge = await aClient(server.target, large);

  const narrow = await toSmall.embed({ texts, ...documents });
  const wide = await toLarge.embed({ texts, ...documents });

  expect(narrow.vectors[0]).toHaveLength(8);
  expect(wide.vectors[0]).toHaveLength(64);
});

test("another tokenizer than the model's is refused at the start", async () => {
  const embedder = new MemoryEmbedder();
  await using server = await aServer(embedder);
  const tokenizer = { digest: "letters", countTokens: (text: string) => text.length };

  await expect(aClient(server.target, embedder, { tokenizer })).rejects.toThrow(
    /has the tokenizer words .* this side has letters/u,
  );
});

test("a server that comes up late is waited for, and one that never does is named", async () => {
  const embedder = new MemoryEmbedder();
  const gone = await aServer(embedder);
  await gone[Symbol.asyncDispose]();

  const never = aClient(gone.target, embedder, { connectMs: 200 });
  await expect(never).rejects.toBeInstanceOf(TransientError);
  await expect(never).rejects.toThrow(gone.target);

  const waiting = aClient(gone.target, embedder);
  await using late = await aServer(embedder, { port: gone.port });
  await using client = await waiting;
  expect((await client.embed({ texts, ...documents })).vectors).toHaveLength(3);
  expect(late.answered).toHaveLength(1);
});

test("closed, it asks nobody", async () => {
  const embedder = new MemoryEmbedder();
  await using server = await aServer(embedder);
  const client = await aClient(server.target, embedder);

  await client[Symbol.asyncDispose]();

  await expect(client.embed({ texts, ...documents })).rejects.toBeInstanceOf(TransientError);
  expect(server.answered).toEqual([]);
});

/** Never ends by itself; says which request was aborted, by its first text. */
function untilAborted({ signal, texts: [first] }: EmbedRequest, aborted: string[]): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => {
      aborted.push(first ?? "");
      reject(signal.reason as Error);
    });
  });
}

test("the trace of a request travels beside it, and what is no trace does not", async () => {
  const embedder = new MemoryEmbedder();
  const asked: (string | null | undefined)[] = [];
  const noting = instead(embedder, (request) => {
    asked.push(request.trace);
    return embedder.embed(request);
  });
  await using server = await aServer(noting);
  await using client = await aClient(server.target, embedder);
  const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  await client.embed({ texts: ["one"], ...documents, trace });
  await client.embed({ texts: ["two"], ...documents, trace: "nonsense" });
  await client.embed({ texts: ["three"], ...documents });

  expect(asked).toEqual([trace, null, null]);
  expect(server.answered.map((facts) => facts.trace)).toEqual([trace, null, null]);
});
