/** The embedder service as processes of their own, with the model that travels with Tidemark. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modelDirectoryOf, OnnxEmbedder } from "@tidemark/onnx";
import { TransientError } from "@tidemark/pipeline";
import { embedderContract, eventually } from "@tidemark/testing";
import { describeWith } from "../servers/available.ts";
import { findCertificates } from "./support/certificates.ts";
import { connectTo, EmbedderProcess, model } from "./support/embedder-process.ts";

const documents = { purpose: "document", lane: "live" } as const;
const backfill = { purpose: "document", lane: "backfill" } as const;
const texts = ["The tide comes in twice a day.", "backups are kept", "moon", ""];
const exitCodeConfig = 78;

describe("one service", () => {
  let service: EmbedderProcess;
  beforeAll(async () => {
    service = await EmbedderProcess.start();
  });
  afterAll(() => service[Symbol.asyncDispose]());

  embedderContract("the service", () => service.connect());

  test("makes the very vectors that are made in process, and tells the same of its space", async () => {
    await using local = await OnnxEmbedder.open({
      modelDirectory: modelDirectoryOf(model),
      workers: 1,
    });
    await using client = await service.connect();

    expect(client.space).toEqual(local.space);
    expect(client.device).toBe("cpu");
    expect(client.golden).toMatchObject({ verdict: local.golden.verdict });
    for (const text of texts) {
      const there = await client.embed({ texts: [text], ...documents });
      expect(there).toEqual(await local.embed({ texts: [text], ...documents }));
      expect(client.countTokens(text)).toBe(local.countTokens(text));
    }
  });

  test("says that it is alive and ready, and what it did", async () => {
    await using client = await service.connect();
    await client.embed({ texts, ...backfill });

    for (const path of ["/healthz", "/readyz"]) {
      expect((await fetch(`${service.url}${path}`)).status).toBe(200);
    }
    const told = await (await fetch(`${service.url}/metrics`)).text();
    const labels = `model="${model}",lane="backfill"`;
    expect(told).toContain(`tidemark_embedder_texts_total{${labels}} ${texts.length}\n`);
    expect(told).toMatch(
      /tidemark_embedder_requests_total\{model="[^"]+",outcome="answered"\} \d/u,
    );
    expect(told).toContain('tidemark_embed_queue_texts{lane="backfill"} 0\n');
    expect(told).toMatch(/tidemark_embedder_run_seconds_count\{model="[^"]+"\} [1-9]/u);
    expect(told).toMatch(/tidemark_embedder_request_seconds_count\{lane="backfill"\} 1\n/u);
  });

  test("answers a query amid a backfill, long before the backfill is done", async () => {
    await using client = await service.connect();
    let isDone = false;
    const filling = client.embed({ texts: longTexts(60), ...backfill }).then((reply) => {
      isDone = true;
      return reply;
    });

    await client.embed({ texts: ["a question"], purpose: "query", lane: "query" });

    expect(isDone).toBe(false);
    expect((await filling).vectors).toHaveLength(60);
  });

  test("texts that are given up leave its queue", async () => {
    await using client = await service.connect();
    const giveUp = new AbortController();
    const given = client.embed({ texts: longTexts(256), ...backfill, signal: giveUp.signal });
    const waiting = async () => {
      const told = await (await fetch(`${service.url}/metrics`)).text();
      return Number(/embed_queue_texts\{lane="backfill"\} (?<n>\d+)/u.exec(told)?.groups?.["n"]);
    };
    await eventually(async () => expect(await waiting()).toBeGreaterThan(100));

    giveUp.abort(new Error("no longer wanted"));

    await expect(given).rejects.toThrow("no longer wanted");
    await eventually(async () => expect(await waiting()).toBe(0));
  });
});

test("told to stop, it answers what is under way and ends well", async () => {
  await using service = await EmbedderProcess.start({ server: { drain: "60s" } });
  await using client = await service.connect();
  const begun = client.embed({ texts: longTexts(20), ...backfill });
  await eventually(async () => {
    const told = await (await fetch(`${service.url}/metrics`)).text();
    expect(told).toMatch(/embed_queue_texts\{lane="backfill"\} [1-9]/u);
  });

  const exitCode = await service.stop();

  expect((await begun).vectors).toHaveLength(20);
  expect(exitCode).toBe(0);
  expect(service.output).not.toContain('"level":"error"');
});

test("of two services one may be killed at any time: every request is answered", async () => {
  await using first = await EmbedderProcess.start();
  await using second = await EmbedderProcess.start();
  await using client = await connectTo(`ipv4:${first.grpc},${second.grpc}`);
  const expected = await client.embed({ texts, ...documents });
  let answered = 0;
  const asking = Array.from({ length: 4 }, async () => {
    for (let at = 0; at < 25; at += 1) {
      const reply = await client.embed({ texts, ...documents });
      expect(reply.tokens).toBe(expected.tokens);
      answered += 1;
    }
  });

  await eventually(() => expect(answered).toBeGreaterThan(20));
  await first.kill();
  await Promise.all(asking);

  expect(answered).toBe(100);
  await second.kill();
  await expect(client.embed({ texts, ...documents })).rejects.toBeInstanceOf(TransientError);
});

describe("it does not start", () => {
  test("on a GPU, for a model that is made for a processor", async () => {
    const { exitCode, output } = await EmbedderProcess.refused({ minilm: { device: "cuda" } });

    expect(exitCode).toBe(exitCodeConfig);
    expect(output).toContain(`embedders.minilm: device cuda: ${model} is made for cpu`);
  });

  test("on a GPU that is not there, and auto does without and says why", async () => {
    const directory = await mkdtemp(join(tmpdir(), "tidemark-model-"));
    try {
      await cp(modelDirectoryOf(model), directory, { recursive: true });
      const file = join(directory, "embedding.json");
      const description = await readFile(file, "utf8");
      await writeFile(file, description.replace('["cpu"]', '["cpu", "cuda"]'));

      const refused = await EmbedderProcess.refused({
        minilm: { model: directory, device: "cuda" },
      });
      await using auto = await EmbedderProcess.start({
        minilm: { model: directory, device: "auto" },
      });

      expect(refused.exitCode).toBe(exitCodeConfig);
      expect(refused.output).toMatch(/embedders\.minilm: device cuda: .*shared library/u);
      expect(auto.output).toMatch(/"reason":"[^"]*shared library.*"message":"no GPU is used"/u);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test("without a model, and at an address that is taken", async () => {
    await using holder = await EmbedderProcess.start();

    const nowhere = await EmbedderProcess.refused({ minilm: { model: "/no/such/model" } });
    const taken = await EmbedderProcess.refused({ server: { grpc: holder.grpc } });

    expect(nowhere.exitCode).toBe(exitCodeConfig);
    expect(nowhere.output).toContain("/no/such/model");
    expect(taken.exitCode).toBe(exitCodeConfig);
    expect(taken.output).toContain("server.grpc cannot be listened on");
  });
});

describeWith("TLS", findCertificates(), (certificates) => {
  test("callers verify the service, and the service its callers", async () => {
    const { path, text } = certificates();
    const grpcTls = { cert: path("server.pem"), key: path("server-key.pem"), ca: path("ca.pem") };
    await using service = await EmbedderProcess.start({ server: { grpcTls } });
    const ca = text("ca.pem");
    const own = { cert: text("client.pem"), key: text("client-key.pem") };

    await using client = await service.connect({ tls: { ca, ...own } });
    expect((await client.embed({ texts, ...documents })).vectors).toHaveLength(texts.length);

    for (const tls of [{ ca }, own, undefined]) {
      const stranger = service.connect({ connectMs: 1000, ...(tls && { tls }) });
      await expect(stranger).rejects.toBeInstanceOf(TransientError);
    }
  });
});

function longTexts(count: number): readonly string[] {
  return Array.from(
    { length: count },
    (_, at) => `text ${at} ${"of the tide and the moon ".repeat(20)}`,
  );
}
