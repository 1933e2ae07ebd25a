/** Writes, searches and failures, each of which has a secret in its hands. */
import { hashKey } from "@tidemark/api";
import type { FakeServer, Fault } from "@tidemark/openai/fake-server";
import { eventually } from "@tidemark/testing";
import type { PlantedSecrets } from "./planted-secrets.ts";
import type { Said } from "./said.ts";

/** The endpoint takes this text for wrong. */
export const poison = "The viscous mordant is refused by every endpoint.";
/** Written, and no secret. */
export const sentence = "The gate of the lock is opened at high water.";
const withinMs = 90_000;
const tooManyBytes = 70 << 20;
const headerBytes = 32 << 10;

export interface Driven {
  /** Of the process that answers people. */
  readonly url: string;
  /** Of every process. */
  readonly urls: readonly string[];
  readonly secrets: PlantedSecrets;
  readonly endpoint: FakeServer;
  readonly said: Said;
}

/** What `server.keys` says of the two that are known. */
export function keyRecords({ admin, writer }: PlantedSecrets): string {
  return JSON.stringify([
    { name: "operator", hash: hashKey(admin), scopes: ["search", "write", "admin"], tenants: "*" },
    { name: "app", hash: hashKey(writer), scopes: ["write"], tenants: ["acme"] },
  ]);
}

export async function drive(driven: Driven): Promise<void> {
  await writeAndSearch(driven);
  await failToEmbed(driven);
  await failToAsk(driven);
  await readAll(driven);
}

async function writeAndSearch({ said, secrets, url }: Driven): Promise<void> {
  const { admin, writer } = secrets;
  await put({ said, url }, "tide.md", { content: sentence, key: writer });
  await found({ said, url }, admin, sentence);
}

/** An endpoint that repeats, in each shape that there is, what it was asked with. */
async function failToEmbed({ endpoint, said, secrets, url }: Driven): Promise<void> {
  const { admin, endpoint: own, writer } = secrets;
  const echoed = `no use of authorization: Bearer ${own}`;
  const [base64, asUrl] = [Buffer.from(own).toString("base64"), encodeURIComponent(own)];
  const bodies: unknown[] = [
    { error: { message: echoed, code: own, param: own, type: own } },
    { error: echoed },
    { message: `token ${own}`, headers: { authorization: `Bearer ${own}` } },
    { detail: [{ msg: `basic ${base64}`, input: own, loc: ["headers", own] }] },
    { detail: `api_key=${asUrl}&key=${own.slice(0, own.length - 4)}****` },
    echoed,
  ];
  const failures = bodies.flatMap((body): Fault[] => [
    { kind: "status", status: 500, body, retryAfter: "0" },
    { kind: "status", status: 429, body, retryAfter: "0" },
  ]);
  endpoint.fail(...failures);
  await put({ said, url }, "ebb.md", { content: `${sentence} At ebb it is shut.`, key: writer });
  await put({ said, url }, "poison.md", { content: poison, key: writer });
  await found({ said, url }, admin, "At ebb it is shut.");
  await eventually(
    async () => {
      const { deadLetters } = await said.read<{ deadLetters: readonly unknown[] }>(url, {
        method: "GET",
        path: "/v1/dead-letters",
        key: admin,
      });
      if (deadLetters.length === 0) throw new Error("there is no dead letter");
    },
    { withinMs },
  );
}

/** Requests that are wrong, each with a key that is right or one that is not. */
async function failToAsk({ said, secrets, url, urls }: Driven): Promise<void> {
  const { admin, unknown, writer } = secrets;
  const path = "/v1/sources/app/documents/wrong.md";
  const statuses = [
    await said.ask(url, { method: "PUT", path, key: unknown, body: { content: "x" } }),
    await said.ask(url, { method: "POST", path: "/v1/search", key: writer, body: { query: "x" } }),
    await said.ask(url, { method: "PUT", path, key: writer, body: `{ "content": ` }),
    await said.ask(url, { method: "PUT", path, key: writer, body: { content: 7 } }),
    await said.ask(url, { method: "PUT", path, key: writer, body: { content: "x", tenant: "b" } }),
    await said.ask(url, { method: "GET", path: `/v1/status?key=${unknown}`, key: null }),
    await said.ask(url, { method: "GET", path: `/v1/nothing?api_key=${admin}`, key: admin }),
    await said.ask(url, { method: "POST", path: "/v1/search", key: `${admin}x`, body: {} }),
  ];
  for (const status of statuses) {
    if (status < 400 || status >= 500) throw new Error(`expected a refusal, not ${status}`);
  }
  await overlong({ said, url }, { method: "PUT", path, key: writer, body: tooLarge() });
  const headers = { "x-padding": "x".repeat(headerBytes) };
  await overlong({ said, url }, { method: "GET", path: "/v1/status", key: admin, headers });
  for (const each of urls) await said.ask(each, { method: "GET", path: "/metrics", key: unknown });
}

/** It may be cut off while it is still being sent. */
async function overlong(
  { said, url }: Pick<Driven, "said" | "url">,
  request: Parameters<Said["ask"]>[1],
): Promise<void> {
  const status = await said.ask(url, request).catch(() => 0);
  if (status >= 200 && status < 400) throw new Error(`${request.path} is not too long: ${status}`);
}

function tooLarge(): string {
  return `{"content":"${"x".repeat(tooManyBytes)}"}`;
}

/** Whatever a process tells of itself. */
async function readAll({ said, secrets, url, urls }: Driven): Promise<void> {
  const { admin: key } = secrets;
  for (const each of urls) {
    for (const path of ["/metrics", "/healthz", "/readyz"]) {
      await said.ask(each, { method: "GET", path, key });
    }
  }
  for (const path of [
    "/openapi.json",
    "/v1/doctor",
    "/v1/status",
    "/v1/freshness",
    "/v1/plan",
    "/v1/replays",
    "/v1/dead-letters",
    "/v1/why/app/poison.md",
    "/v1/why/app/tide.md",
    "/v1/sources/app/documents/tide.md",
  ]) {
    const status = await said.ask(url, { method: "GET", path, key });
    if (status !== 200) throw new Error(`GET ${path}: ${status}`);
  }
  await said.ask(url, { method: "POST", path: "/v1/reconcile", key, body: {} });
}

async function put(
  { said, url }: Pick<Driven, "said" | "url">,
  name: string,
  { content, key }: { readonly content: string; readonly key: string },
): Promise<void> {
  const body = { content, contentType: "text/markdown", permissions: "public", tenant: "acme" };
  const path = `/v1/sources/app/documents/${name}`;
  await said.read(url, { method: "PUT", path, key, body });
}

async function found(
  { said, url }: Pick<Driven, "said" | "url">,
  key: string,
  query: string,
): Promise<void> {
  const body = { query, tenant: "acme", principals: ["user:ann"] };
  await eventually(
    async () => {
      const { results } = await said.read<{ results: readonly { text: string }[] }>(url, {
        method: "POST",
        path: "/v1/search",
        key,
        body,
      });
      if (!results.some((hit) => hit.text.includes(query))) throw new Error(`no hit for ${query}`);
    },
    { withinMs },
  );
}
