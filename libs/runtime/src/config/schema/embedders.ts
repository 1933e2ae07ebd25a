import { z } from "zod";
import { count, duration, matching, number, oneOf, secret, text, url } from "../fields.ts";
import { named, section } from "../structure.ts";
import { clientTlsSchema } from "./tls.ts";

const prefixesSchema = section({
  document: text({ about: "Before each chunk", example: '"passage: "' }).optional(),
  query: text({ about: "Before each query", example: '"query: "' }).optional(),
}).meta({ description: "What the model wants before a text; fingerprinted" });

const onnxSchema = section({
  kind: z.literal("onnx").meta({ description: "A model run by this process, without network" }),
  model: text({
    about: "A model's name, or a directory that has one; the default travels with Tidemark",
    example: "all-MiniLM-L6-v2-int8",
  }).prefault("all-MiniLM-L6-v2-int8"),
  device: oneOf(["auto", "cpu", "cuda"], "`auto` takes a GPU when one is usable").prefault("auto"),
  workers: count({
    about: "Worker threads; absent: one a core, at most 8 and what `server.memoryMax` has room for",
    example: "4",
    most: 256,
  }).optional(),
  endpoint: matching({
    about: "Embed in another process over gRPC instead",
    example: '"dns:///embedder.tidemark:7400"',
    form: "gRPC target",
    pattern: /^(?:dns:\/{1,3}|unix:|ipv4:|ipv6:)?[^\s/]+(?::\d+)?$/u,
    why: "a host with its port, or a target such as dns:///host:port, is expected",
  }).optional(),
  tls: clientTlsSchema
    .optional()
    .meta({ description: "TLS to the endpoint; `{}` trusts the system's certificates" }),
  batchTokensMax: count({
    about: "Tokens that texts of equal length may share a run up to; absent: what suits the device",
    example: "128",
  }).optional(),
}).meta({ description: "ONNX model in worker threads" });

const priceSchema = section({
  perMillionTokens: number({ about: "Price of a million tokens", example: "0.02" }),
  currency: matching({
    about: "ISO 4217 code",
    example: "USD",
    form: "currency",
    pattern: /^[A-Z]{3}$/u,
    why: "three capital letters are expected",
  }).prefault("USD"),
}).meta({ description: "What the endpoint charges; plans and budgets count with it" });

const budgetSchema = section({
  perDay: number({ about: "Money a day (UTC) at most, in the price's currency", example: "5" }),
}).meta({ description: "Reached, embedding waits and says so; nothing is dropped" });

const openaiSchema = section({
  kind: z.literal("openai").meta({ description: "Any OpenAI-compatible endpoint" }),
  baseUrl: url({
    about: "The URL before `/embeddings`",
    example: '"https://api.openai.com/v1"',
  }),
  model: text({
    about: "The model's name there; fingerprinted",
    example: "text-embedding-3-small",
  }),
  dimensions: count({ about: "Width of a vector; fingerprinted", example: "1536", most: 65_536 }),
  apiKey: secret({
    about: "Absent for servers without one",
    example: '"${env:OPENAI_API_KEY}"',
  }).optional(),
  prefixes: prefixesSchema.prefault({}),
  price: priceSchema.optional(),
  budget: budgetSchema.optional(),
  maxTokens: count({
    about: "Tokens of one text at most; fingerprinted",
    example: "8191",
    least: 16,
  }).prefault(8191),
  batchTokensMax: count({ about: "Tokens of one request at most", example: "100k" }).prefault(
    "100k",
  ),
  batchTextsMax: count({
    about: "Texts of one request at most",
    example: "256",
    most: 4096,
  }).prefault(256),
  requestsMax: count({ about: "Requests at a time", example: "4", most: 256 }).prefault(4),
  timeout: duration({
    about: "Wait for one answer at most",
    example: "30s",
    least: 100,
    most: 600_000,
  }).prefault("30s"),
})
  .transform(({ timeout, ...rest }) => ({ ...rest, timeoutMs: timeout }))
  .meta({ description: "OpenAI-compatible endpoint" });

export const embedderSchema = z.discriminatedUnion("kind", [onnxSchema, openaiSchema]);

export const embeddersSchema = named(embedderSchema, "minilm").meta({
  description:
    "Embedders by name; `minilm` is built in. Of these only model, dimensions, prefixes and token limit are fingerprinted, never URL, key, device or price",
});

export type OnnxEmbedderConfig = z.output<typeof onnxSchema>;
export type OpenaiEmbedderConfig = z.output<typeof openaiSchema>;
export type EmbedderConfig = OnnxEmbedderConfig | OpenaiEmbedderConfig;
