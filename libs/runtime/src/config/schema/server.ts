import type { z } from "zod";
import { duration, oneOf, path, secret, size } from "../fields.ts";
import { leaf, refuse } from "../leaf.ts";
import { section } from "../structure.ts";
import { serverTlsSchema } from "./tls.ts";

export interface ListenConfig {
  readonly host: string;
  readonly port: number;
}

const addressPattern = /^(?:(?<host>[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):)?(?<port>\d{1,5})$/u;

function address({ about, example }: { readonly about: string; readonly example: string }) {
  const schema = { type: ["string", "integer"] };
  return leaf<ListenConfig>({ about, example, form: "address", schema }, (written) => {
    const { host = "127.0.0.1", port } = addressPattern.exec(String(written))?.groups ?? {};
    if (port !== undefined && Number(port) <= 65_535) {
      return { host: host.replaceAll(/[[\]]/gu, ""), port: Number(port) };
    }
    return refuse({
      what: "{value} is not an address",
      why: "a host and a port up to 65535 are expected",
      fix: `write ${example}`,
    });
  });
}

export const serverSchema = section({
  listen: address({
    about: "Host and port; off loopback `keys` are required",
    example: '"127.0.0.1:8787"',
  }).prefault("127.0.0.1:8787"),
  grpc: address({
    about: "Where the embedder service answers; no key is asked for, see `grpcTls`",
    example: '"127.0.0.1:7400"',
  }).prefault("127.0.0.1:7400"),
  grpcTls: serverTlsSchema.optional().meta({ description: "TLS of the embedder service" }),
  keys: secret({
    about: "API keys as `tidemark keys` prints them, one a line",
    example: '"${file:/run/secrets/tidemark-keys}"',
  }).optional(),
  data: path({
    about: "The data directory; absent: `.tidemark` where the process starts",
    example: "./.tidemark",
  }).optional(),
  memoryMax: size({
    about:
      "Memory that caches, look-ahead, heaps and model threads are sized for; no hard limit: set the system's above it",
    example: "1GiB",
    least: 256 * 1024 ** 2,
  }).prefault("1GiB"),
  drain: duration({
    about: "Time to finish what is begun when told to stop",
    example: "10s",
    most: 600_000,
  }).prefault("10s"),
  log: oneOf(
    ["auto", "json", "text"],
    "Form of log lines; `auto` is text on a terminal and JSON elsewhere",
  ).prefault("auto"),
  logLevel: oneOf(["info", "debug", "warn", "error"], "The least that is logged").prefault("info"),
})
  .transform(({ memoryMax, drain, data, ...rest }) => ({
    ...rest,
    dataPath: data,
    memoryBytesMax: memoryMax,
    drainMs: drain,
  }))
  .meta({ description: "The process itself" });

export type ServerConfig = z.output<typeof serverSchema>;

/** Whether a host is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/u.test(host);
}
