import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { defaultConfig } from "./default-config.ts";
import { checkConfig, loadConfig, type ConfigInput } from "./load-config.ts";
import { ConfigError, formatProblems } from "./problems.ts";
import { Secret } from "./secret.ts";
import { starterConfig } from "./starter-config.ts";

const fixture = (name: string) =>
  readFileSync(new URL(`./fixtures/${name}`, import.meta.url), "utf8");

test("the starter file is valid as it stands and indexes one folder", () => {
  const { config, warnings } = load({ "tidemark.yaml": starterConfig() });

  expect(warnings).toEqual([]);
  expect(config.sources["docs"]).toMatchObject({ kind: "folder", path: "docs", scanMs: 300_000 });
  expect(config.objectives).toEqual([
    {
      change: { share: 0.99, withinMs: 60_000 },
      restriction: { share: 0.999, withinMs: 5000 },
      overMs: 30 * 86_400_000,
    },
  ]);
});

test("a folder without a file is public, watched and seen by every tenant, beside a pushed source", () => {
  const config = defaultConfig({ folderPath: "/docs" });

  expect(Object.keys(config.sources)).toEqual(["files", "app"]);
  expect(config.sources["files"]).toMatchObject({
    name: "files",
    kind: "folder",
    path: "/docs",
    tenant: "*",
    watch: true,
    permissions: { kind: "public" },
  });
  expect(config.server.listen).toEqual({ host: "127.0.0.1", port: 8787 });
  expect(config.server.grpc).toEqual({ host: "127.0.0.1", port: 7400 });
  expect(config.embedders["minilm"]).toMatchObject({ kind: "onnx", device: "auto" });
});

test("the embedder's side and its callers' side of TLS are read, paths beside their file", () => {
  const text = `version: 1
embedders: { minilm: { endpoint: "dns:///embedder:7400", tls: { ca: ca.pem } } }
server: { grpc: "0.0.0.0:7400", grpcTls: { cert: cert.pem, key: key.pem } }
`;

  const { config } = load({ "conf/tidemark.yaml": text });

  expect(config.server.grpc).toEqual({ host: "0.0.0.0", port: 7400 });
  expect(config.server.grpcTls).toEqual({ cert: "conf/cert.pem", key: "conf/key.pem" });
  expect(config.embedders["minilm"]).toMatchObject({ tls: { ca: "conf/ca.pem" } });
});

test("every part of the grammar is read, in units of its own", () => {
  const { config, warnings } = load({
    "conf/tidemark.yaml": fixture("tidemark.yaml"),
    "brokers.yaml": "version: 1\nsources: { crm: { brokers: ['kafka:9092'] } }\n",
  });

  expect(warnings).toEqual([]);
  expect(config.sources["shop"]).toMatchObject({
    slotBytesMax: 8 * 1024 ** 3,
    tables: {
      "public.products": {
        key: ["id"],
        tenant: { kind: "column", column: "merchant_id" },
        archived: { column: "status", values: ["discontinued"] },
      },
      "public.tickets": {
        permissions: { kind: "column", column: "reader_ids" },
        where: { column: "spam", values: [false] },
      },
    },
  });
  expect(config.sources["uploads"]).toMatchObject({
    tenant: { kind: "tag", tag: "tenant" },
    scanMs: 6 * 3_600_000,
  });
  expect(config.tenants.quota).toEqual({
    documentsMax: 1_000_000,
    tokensPerDayMax: 50_000_000,
    searchesPerSecondMax: 20,
  });
  expect(config.generations.gates).toMatchObject({ golden: "conf/golden.jsonl", recallAt10: 0.98 });
});

test("a probe has a pace and a place of its own, unless it says otherwise", () => {
  const { config } = load({
    "t.yaml": `version: 1
defaults: { permissions: public }
sources:
  docs: { kind: folder, path: ., probe: {} }
  uploads: { kind: s3, bucket: { name: acme, prefix: kb/ }, probe: { key: kb/probe.txt, every: 5m } }
  shop:
    kind: postgres
    url: "postgres://a@localhost/a"
    tables:
      public.notes: { key: [shop, id], text: "{{title}} {{body}}", tenant: shop, permissions: { column: readers } }
    probe: { table: public.notes, column: body, row: { shop: probe, id: 0, readers: [probe] } }
`,
  });

  expect(config.sources).toMatchObject({
    docs: { probe: { key: "tidemark-probe.md", everyMs: 60_000, withinMs: 60_000 } },
    uploads: { probe: { key: "kb/probe.txt", everyMs: 300_000 } },
    shop: { probe: { table: "public.notes", row: { id: 0, readers: ["probe"] } } },
  });
});

test("a file laid over another changes what it states and nothing else", () => {
  const { config } = load({
    "tidemark.yaml": fixture("tidemark.yaml"),
    "cluster.yaml": fixture("cluster.yaml"),
  });

  expect(config.log.kind).toBe("kafka");
  expect(config.index).toMatchObject({ kind: "qdrant", replication: 2 });
  expect(config.embedders["minilm"]).toMatchObject({
    model: "all-MiniLM-L6-v2-int8",
    endpoint: "dns:///embedder.tidemark:7400",
  });
  expect(config.server).toMatchObject({ drainMs: 20_000, memoryBytesMax: 1024 ** 3 });
});

test("lists are replaced, and a map of another kind has nothing in common with it", () => {
  const { config } = load({
    "a.yaml": "version: 1\nsources: { a: { kind: folder, path: x, include: [one, two] } }\n",
    "b.yaml": "version: 1\nsources: { a: { include: [three] } }\n",
    "c.yaml":
      "version: 1\nembedders: { minilm: { kind: openai, baseUrl: 'http://127.0.0.1:1', model: m, dimensions: 8 } }\n",
  });

  expect(config.sources["a"]).toMatchObject({ include: ["three"] });
  expect(config.embedders["minilm"]).not.toHaveProperty("device");
});

test("a problem stands where the file that states it has it", () => {
  const { problems } = check({
    "a.yaml": "version: 1\nserver:\n  drain: 10s\n",
    "b.yaml": "version: 1\nserver: { drain: soon }\n",
  });

  expect(problems).toMatchObject([{ file: "b.yaml", line: 2, column: 18, path: "server.drain" }]);
});

test("a source takes from the defaults what it does not say itself", () => {
  const { config } = load({
    "t.yaml": `version: 1
defaults: { window: { wait: 1m, max: 7 }, hold: { above: 3 }, permissions: public }
sources:
  a: { kind: push }
  b: { kind: push, window: { wait: 1s }, permissions: [user:ann] }
  c: { kind: push, window: { schedule: "0 3 * * mon-fri" }, hold: { share: 50% } }
`,
  });

  expect(config.sources["a"]).toMatchObject({
    window: { kind: "wait", waitMs: 60_000, documentsMax: 7 },
    hold: { above: 3, share: 0.1 },
    permissions: { kind: "public" },
  });
  expect(config.sources["b"]).toMatchObject({
    window: { kind: "wait", waitMs: 1000, documentsMax: 7 },
    permissions: { kind: "only", principals: ["user:ann"] },
  });
  expect(config.sources["c"]).toMatchObject({
    window: { kind: "schedule", cron: "0 3 * * mon-fri" },
    hold: { above: 3, share: 0.5 },
  });
});

test("references are replaced in values alone, whole or in part, and cannot change the structure", () => {
  const { config } = load(
    {
      "conf/t.yaml": `version: 1
server: { keys: "\${file:keys}", memoryMax: "\${env:MEMORY}", data: "~/\${env:NAME}" }
sources:
  a: { kind: folder, path: "docs-$\${literal}", tenant: "\${env:EVIL}" }
`,
    },
    { MEMORY: "2GiB", NAME: "td", HOME: "/home/ann", EVIL: "x\nkind: push" },
  );

  expect(config.server.keys?.reveal()).toBe("content of conf/keys");
  expect(config.server.memoryBytesMax).toBe(2 * 1024 ** 3);
  expect(config.server.dataPath).toBe("/home/ann/td");
  expect(config.sources["a"]).toMatchObject({
    kind: "folder",
    path: "conf/docs-${literal}",
    tenant: "x\nkind: push",
  });
});

test("a check without the environment warns of what is not resolved and finds the rest", () => {
  const files = { "t.yaml": 'version: 1\nserver: { keys: "${env:KEYS}", drain: soon }\n' };

  const problems = checkConfig({ ...input(files, {}), unresolved: "warning" }).problems;

  expect(problems.map(({ path, severity }) => `${severity} ${path}`)).toEqual([
    "warning server.keys",
    "error server.drain",
  ]);
});

test("all that is wrong is told at once, one line each, with what is not resolved in one place", () => {
  const files = {
    "t.yaml": `version: 1
server: { listen: "0.0.0.0:1", keys: "\${env:KEYS}", drain: soon }
index: { kind: qdrant, url: "http://127.0.0.1:6333", apiKey: "\${env:QDRANT}" }
defautls: {}
`,
  };

  expect(() => load(files)).toThrow(ConfigError);
  expect(formatProblems(check(files).problems).split("\n")).toEqual([
    "t.yaml:2:38  error  server.keys  ${env:KEYS} is not set  the value comes from the environment  set KEYS where this process starts",
    't.yaml:2:60  error  server.drain  "soon" is not a duration  a number with ms, s, m, h or d is expected  write 10s',
    "t.yaml:3:62  error  index.apiKey  ${env:QDRANT} is not set  the value comes from the environment  set QDRANT where this process starts",
    't.yaml:4:1  error  defautls  "defautls" is not a known key  known here are version, vectors, embedders, generations, defaults, sources, tenants, objectives, audit, sentinels, probes, log, index, server  did you mean defaults?',
    "not resolved: ${env:KEYS}, ${env:QDRANT}",
    "4 errors",
  ]);
});

test("after a file that cannot be read, what it may hold is not called missing", () => {
  const { problems } = check({
    "a.yaml": "version: 1\nsources:\n  a: { kind: folder }\nserver: { drain: soon }\n",
    "b.yaml": "version: 1\nsources: {\n",
  });

  expect(problems.map(({ file, path }) => `${file} ${path}`)).toEqual([
    "a.yaml server.drain",
    "b.yaml ",
  ]);
});

test("a secret shows itself to the one who asks for it, and to nothing that prints", () => {
  const secret = new Secret("hunter2");

  expect(secret.reveal()).toBe("hunter2");
  expect(
    [String(secret), JSON.stringify({ secret }), inspect({ secret }, { depth: 5 })].join(),
  ).toBe('[hidden],{"secret":"[hidden]"},{ secret: [hidden] }');
});

test("a key of a prototype is refused and changes no prototype", () => {
  const { problems } = check({
    "t.yaml": "version: 1\n__proto__: { polluted: true }\nconstructor: {}\n",
  });

  expect(problems.map((problem) => problem.line)).toEqual([2]);
  expect({}).not.toHaveProperty("polluted");
});

function input(files: Readonly<Record<string, string>>, environment: ConfigInput["environment"]) {
  return {
    files: Object.entries(files).map(([name, text]) => ({ name, text })),
    environment,
    readFile: (path: string) => `content of ${path}\n`,
  };
}

function check(files: Readonly<Record<string, string>>) {
  return checkConfig(input(files, {}));
}

function load(files: Readonly<Record<string, string>>, environment?: ConfigInput["environment"]) {
  const given = {
    OPENAI_API_KEY: "sk-1",
    SHOP_DATABASE_URL: "postgres://shop:pw@db.internal/shop?sslmode=verify-full",
  };
  return loadConfig(input(files, environment ?? (files["t.yaml"] === undefined ? given : {})));
}
