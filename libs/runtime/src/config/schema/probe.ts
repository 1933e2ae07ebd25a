/** A document of Tidemark's own in a source, which is changed and has to be found by search. */
import { z } from "zod";
import { duration, matching, secret, text, url } from "../fields.ts";
import { leaf, type Refusal } from "../leaf.ts";
import { either, listOf, mapOf, section } from "../structure.ts";

export const probeDefaults = { every: "1m", within: "60s", key: "tidemark-probe.md" } as const;

const pace = {
  every: duration({
    about: "How often its text is changed",
    example: probeDefaults.every,
    least: 1000,
  }).prefault(probeDefaults.every),
  within: duration({
    about: "How soon it has to be found, else it is late; no longer than `every`",
    example: probeDefaults.within,
    least: 100,
  }).prefault(probeDefaults.within),
};

function paced<Rest>({ every, within, ...rest }: Rest & { every: number; within: number }) {
  return { ...rest, everyMs: every, withinMs: within };
}

const description =
  "A document of Tidemark's own that is written here, has to be found by search, is deleted and has to be gone: asks for the right to write and to delete";

/** Of a folder or a bucket. */
export const keyProbeSchema = section({
  ...pace,
  key: matching({
    about: "Its key, of Markdown or text; a document that is not a probe's is never written over",
    example: probeDefaults.key,
    form: "key of a probe",
    pattern: /^(?!\/).{0,500}\.(?:md|markdown|txt)$/u,
    why: "a path that ends in .md, .markdown or .txt is expected",
  }).prefault(probeDefaults.key),
})
  .transform(paced)
  .meta({ description });

const scalarSchema = leaf<string | number | boolean>(
  {
    about: "",
    example: "0",
    form: "value",
    schema: { type: ["string", "number", "boolean"] },
  },
  (written) => written,
);
const valueSchema = either([scalarSchema, listOf(scalarSchema, '["tidemark:probe"]')], {
  what: "{value} is not a value of a column",
  why: "a value, or a list for a column of several, is expected",
  fix: 'write 0, or ["tidemark:probe"]',
});

/** Of a database. */
export const rowProbeSchema = section({
  ...pace,
  table: text({ about: "One of `tables`", example: "public.products", form: "table" }),
  row: mapOf(valueSchema, /^.+$/u, {
    what: "{key} is not a column",
    why: "a column has a name",
    fix: "write id",
  }).meta({
    description:
      "The row's other columns: its key, as the database prints it, and whatever the table asks for",
  }),
  column: text({
    about: "The column of the text that is changed; a row that is not a probe's is left alone",
    example: "description",
    form: "column",
  }),
})
  .transform(paced)
  .meta({ description });

export const probesSchema = section({
  url: url({
    about: "Where search is asked, the gateway; one process asks itself",
    example: '"http://gateway:8787"',
  }).optional(),
  apiKey: secret({
    about: "A key that may search, for the principal `tidemark:probe` where there are permissions",
    example: '"${env:TIDEMARK_PROBE_KEY}"',
  }).optional(),
}).meta({ description: "How the documents that sources have under `probe` are searched for" });

/** There is no place of ours to write to. */
export const unprobed = (why: string): Readonly<Record<string, Refusal>> => ({
  probe: {
    what: "there is nothing here that a probe could be written to",
    why,
    fix: "take it away, and probe a source of the kind folder, s3 or postgres",
  },
});

export type ProbesConfig = z.output<typeof probesSchema>;
export type KeyProbeConfig = z.output<typeof keyProbeSchema>;
export type RowProbeConfig = z.output<typeof rowProbeSchema>;
