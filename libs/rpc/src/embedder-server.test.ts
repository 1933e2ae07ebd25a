import { once } from "node:events";
import { create } from "@bufbuild/protobuf";
import { status as codes } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import { OverloadedError, PoisonError } from "@tidemark/pipeline";
import { MemoryEmbedder, eventually } from "@tidemark/testing";
import { serverBounds } from "./bounds.ts";
import { aRawClient, aRequest, called } from "./fixtures/raw-client.ts";
import type { RawClient } from "./fixtures/raw-client.ts";
import { aServer, instead } from "./fixtures/test-server.ts";
import {
  DescribeRequestSchema,
  EmbedStreamRequestSchema,
  Lane,
  Purpose,
} from "./gen/embedder/v1/embedder_pb.ts";
import type { EmbedStreamResponse } from "./gen/embedder/v1/embedder_pb.ts";
import {
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "./gen/grpc/health/v1/health_pb.ts";
import { spaceFingerprint } from "./space-fingerprint.ts";

const healthOf = (service: string) => create(HealthCheckRequestSchema, { service });
const streamed = (fields: Parameters<typeof aRequest>[0]) =>
  create(EmbedStreamRequestSchema, { request: aRequest(fields) });

test("it describes each model: space, fingerprint, device, golden verdict and limits", async () => {
  const embedder = new MemoryEmbedder();
  await using server = await aServer(embedder, {
    served: { device: "cpu", golden: { verdict: "ok", mean: 0.998, min: 0.996 } },
  });
  using client = aRawClient(server.target);

  const described = await called(client.describe.bind(client), create(DescribeRequestSchema));

  expect(described).toMatchObject({
    version: "0.0.0",
    limits: { textsMax: serverBounds.textsMax, requestBytesMax: serverBounds.requestBytesMax },
    models: [
      {
        name: "bag-of-words",
        space: { ...embedder.space },
        fingerprint: spaceFingerprint(embedder.space),
        device: "cpu",
        golden: { verdict: "ok", mean: 0.998, min: 0.996 },
      },
    ],
  });
});

test.each([
  ["for a model that is not served", { model: "huge" }, codes.NOT_FOUND, "there is bag-of-words"],
  ["without a purpose", { purpose: Purpose.UNSPECIFIED }, codes.INVALID_ARGUMENT, "purpose"],
  ["without a lane", { lane: Lane.UNSPECIFIED }, codes.INVALID_ARGUMENT, "lane"],
  ["with a lane of the future", { lane: 9 as Lane }, codes.INVALID_ARGUMENT, "lane"],
  [
    "with too many texts",
    { texts: Array.from({ length: serverBounds.textsMax + 1 }, () => "a") },
    codes.INVALID_ARGUMENT,
    "a request may have 1024 texts",
  ],
  [
    "with a very long id",
    { requestId: "x".repeat(serverBounds.requestIdLengthMax + 1) },
    codes.INVALID_ARGUMENT,
    "a request_id may have 128 characters",
  ],
])(
  "a request %s is refused with the reason, and nothing is embedded",
  async (_, fields, code, reason) => {
    const embedder = new MemoryEmbedder();
    await using server = await aServer(embedder);
    using client = aRawClient(server.target);

    const refused = called(client.embed.bind(client), aRequest(fields));

    await expect(refused).rejects.toMatchObject({ code });
    await expect(refused).rejects.toThrow(reason);
    expect(embedder.embedded.document.requests).toBe(0);
    expect(server.answered).toMatchObject([{ outcome: "refused", texts: 0 }]);
    expect(server.bugs).toEqual([]);
  },
);

test("a message above the limit is refused before it is read", async () => {
  const embedder = new MemoryEmbedder();
  await using server = await aServer(embedder);
  using client = aRawClient(server.target);
  const large = aRequest({ texts: ["x".repeat(serverBounds.requestBytesMax + 1)] });

  await expect(called(client.embed.bind(client), large)).rejects.toMatchObject({
    code: codes.RESOURCE_EXHAUSTED,
  });
  expect(server.answered).toEqual([]);
});

test("a request id is answered once more from memory, and for other texts it is another", async () => {
  const embedder = new MemoryEmbedder();
  await using server = await aServer(embedder);
  using client = aRawClient(server.target);
  const ask = (texts: string[]) =>
    called(client.embed.bind(client), aRequest({ requestId: "r1", texts }));

  const first = await ask(["a"]);
  const again = await ask(["a"]);
  const other = await ask(["b"]);

  expect(again).toEqual(first);
  expect(other.vectors).not.toEqual(first.vectors);
  expect(embedder.embedded.document.requests).toBe(2);
});

describe("a stream", () => {
  test("answers each request with its id, the quick before the slow", async () => {
    const embedder = new MemoryEmbedder();
    const slow = Promise.withResolvers<void>();
    await using server = await aServer(
      instead(embedder, async (request) => {
        if (request.texts[0] === "slow") await slow.promise;
        return embedder.embed(request);
      }),
    );
    using client = aRawClient(server.target);
    const { stream, answers } = aStream(client);

    stream.write(streamed({ requestId: "1", texts: ["slow"] }));
    stream.write(streamed({ requestId: "2", texts: ["quick"] }));
    await eventually(() => expect(idsOf(answers)).toEqual(["2"]));
    slow.resolve();
    stream.end();
    await once(stream, "end");

    expect(idsOf(answers)).toEqual(["2", "1"]);
    expect(answers.every(({ outcome }) => outcome.case === "response")).toBe(true);
  });

  test("tells a failure as an answer, and goes on", async () => {
    const embedder = new MemoryEmbedder({ poisonWord: "poison" });
    await using server = await aServer(
      instead(embedder, (request) => {
        if (request.lane !== "backfill") return embedder.embed(request);
        throw new OverloadedError("full", { retryAfterMs: 70 });
      }),
    );
    using client = aRawClient(server.target);
    const { stream, answers } = aStream(client);

    stream.write(streamed({ requestId: "1", texts: ["poison"] }));
    stream.write(streamed({ requestId: "2", lane: Lane.BACKFILL }));
    stream.write(streamed({ requestId: "3" }));
    stream.end();
    await once(stream, "end");

    const outcomes = Object.fromEntries(answers.map((each) => [each.requestId, each.outcome]));
    expect(outcomes).toMatchObject({
      1: {
        case: "failure",
        value: { code: codes.INVALID_ARGUMENT, reason: "embedding-refused" },
      },
      2: { case: "failure", value: { code: codes.RESOURCE_EXHAUSTED, retryAfterMs: 70 } },
      3: { case: "response" },
    });
  });

  test("reads no further than so many requests ahead of its answers", async () => {
    const embedder = new MemoryEmbedder();
    const gate = Promise.withResolvers<void>();
    let begun = 0;
    await using server = await aServer(
      instead(embedder, async (request) => {
        begun += 1;
        await gate.promise;
        return embedder.embed(request);
      }),
    );
    using client = aRawClient(server.target);
    const { stream, answers } = aStream(client);
    const sent = serverBounds.streamRequestsMax * 3;

    for (let at = 0; at < sent; at += 1) stream.write(streamed({ requestId: `${at}` }));
    stream.end();
    await eventually(() => expect(begun).toBe(serverBounds.streamRequestsMax));
    // Another call gets through meanwhile, so nothing is only slow.
    await called(client.check.bind(client), healthOf(""));
    expect(begun).toBe(serverBounds.streamRequestsMax);
    gate.resolve();
    await once(stream, "end");

    expect(new Set(idsOf(answers)).size).toBe(sent);
  });

  test("that the caller leaves takes its work out of the queue", async () => {
    const embedder = new MemoryEmbedder();
    let [begun, aborted] = [0, 0];
    await using server = await aServer(
      instead(embedder, ({ signal }) => {
        begun += 1;
        return new Promise((_, reject) => {
          signal?.addEventListener("abort", () => {
            aborted += 1;
            reject(signal.reason as Error);
          });
        });
      }),
    );
    using client = aRawClient(server.target);
    const { stream } = aStream(client);

    stream.write(streamed({ requestId: "1" }));
    stream.write(streamed({ requestId: "" }));
    await eventually(() => expect(begun).toBe(2));
    stream.cancel();

    await eventually(() => expect(aborted).toBe(2));
  });
});

describe("health", () => {
  test("is serving, for the server and the service, and nothing is said of others", async () => {
    await using server = await aServer(new MemoryEmbedder());
    using client = aRawClient(server.target);
    const check = (service: string) => called(client.check.bind(client), healthOf(service));

    expect((await check("")).status).toBe(ServingStatus.SERVING);
    expect((await check("embedder.v1.Embedder")).status).toBe(ServingStatus.SERVING);
    await expect(check("other")).rejects.toMatchObject({ code: codes.NOT_FOUND });
  });

  test("that is watched is told at once, and when the server stops", async () => {
    const server = await aServer(new MemoryEmbedder());
    using client = aRawClient(server.target);
    const states: ServingStatus[] = [];
    const unknown: ServingStatus[] = [];
    const watch = client.watch(healthOf("embedder.v1.Embedder"));
    watch.on("data", ({ status }: { status: ServingStatus }) => states.push(status));
    const ended = once(watch, "error");
    client
      .watch(healthOf("other"))
      .on("data", ({ status }: { status: ServingStatus }) => unknown.push(status))
      .on("error", () => undefined);
    await eventually(() => expect(states.length * unknown.length).toBe(1));

    await server[Symbol.asyncDispose]();

    expect(await ended).toMatchObject([{ code: codes.UNAVAILABLE }]);
    expect(states).toEqual([ServingStatus.SERVING, ServingStatus.NOT_SERVING]);
    expect(unknown[0]).toBe(ServingStatus.SERVICE_UNKNOWN);
  });
});

describe("stopping", () => {
  test("answers what is under way, calls and streams, and takes nothing new", async () => {
    const embedder = new MemoryEmbedder();
    const gate = Promise.withResolvers<void>();
    let begun = 0;
    const server = await aServer(
      instead(embedder, async (request) => {
        begun += 1;
        await gate.promise;
        return embedder.embed(request);
      }),
    );
    using client = aRawClient(server.target);
    const { stream, answers } = aStream(client);
    const streamEnded = once(stream, "error");

    const call = called(client.embed.bind(client), aRequest());
    stream.write(streamed({ requestId: "1" }));
    await eventually(() => expect(begun).toBe(2));
    const stopped = server[Symbol.asyncDispose]();
    gate.resolve();
    await stopped;

    expect((await call).tokens).toBe(4);
    expect(idsOf(answers)).toEqual(["1"]);
    expect(await streamEnded).toMatchObject([{ code: codes.UNAVAILABLE }]);
    const late = called(client.embed.bind(client), aRequest());
    await expect(late).rejects.toMatchObject({ code: codes.UNAVAILABLE });
  });

  test("waits no longer than its bound", async () => {
    const embedder = new MemoryEmbedder();
    let begun = 0;
    const never = instead(embedder, () => {
      begun += 1;
      return new Promise(() => undefined);
    });
    const server = await aServer(never, { drainMs: 20 });
    using client = aRawClient(server.target);
    const call = called(client.embed.bind(client), aRequest());
    const failed = call.catch((error: ServiceError) => error.code);
    await eventually(() => expect(begun).toBe(1));

    await server[Symbol.asyncDispose]();

    expect([codes.UNAVAILABLE, codes.CANCELLED]).toContain(await failed);
  });
});

test("an address that is taken is refused", async () => {
  await using first = await aServer(new MemoryEmbedder());

  await expect(aServer(new MemoryEmbedder(), { port: first.port })).rejects.toThrow(
    `${first.port}`,
  );
});

test("poison is told with its reason", async () => {
  const embedder = new MemoryEmbedder();
  await using server = await aServer(
    instead(embedder, () => Promise.reject(new PoisonError("bad-vector", "not a number"))),
  );
  using client = aRawClient(server.target);

  const refused = called(client.embed.bind(client), aRequest());

  await expect(refused).rejects.toMatchObject({ code: codes.INVALID_ARGUMENT });
  const { metadata } = (await refused.catch((error: unknown) => error)) as ServiceError;
  expect(metadata.get("tidemark-reason")).toEqual(["bad-vector"]);
});

function aStream(client: RawClient) {
  const stream = client.embedStream();
  const answers: EmbedStreamResponse[] = [];
  stream.on("data", (answer: EmbedStreamResponse) => answers.push(answer));
  stream.on("error", () => undefined);
  return { stream, answers };
}

function idsOf(answers: readonly EmbedStreamResponse[]): readonly string[] {
  return answers.map(({ requestId }) => requestId);
}
