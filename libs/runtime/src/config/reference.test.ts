import { readFileSync } from "node:fs";
import { annotatedSchema, editorSchema, pathsMarked, type JsonSchema } from "./json-schema.ts";
import { printJson } from "./print-json.ts";
import { configReference } from "./reference.ts";

const docs = new URL("../../../../docs/", import.meta.url);

test("the committed reference and editor schema are what the generator gives", () => {
  const reference = readFileSync(new URL("configuration.md", docs), "utf8");
  const schema = readFileSync(new URL("tidemark.schema.json", docs), "utf8");

  expect(reference).toBe(configReference());
  expect(schema).toBe(printJson(editorSchema()));
});

test("every key of the grammar says what it means", () => {
  expect(undescribed(annotatedSchema, "")).toEqual([]);
});

test("the editor schema has standard keywords alone and refuses unknown keys", () => {
  const text = JSON.stringify(editorSchema());

  expect(text).not.toContain('"x-');
  expect(editorSchema()).toMatchObject({
    additionalProperties: false,
    required: ["version"],
    properties: { version: { const: 1 }, vectors: { additionalProperties: false } },
  });
});

test("what is secret is known by its path, under any name", () => {
  const isSecret = pathsMarked("x-secret");

  expect(isSecret(["embedders", "anything", "apiKey"])).toBe(true);
  expect(isSecret(["sources", "shop", "url"])).toBe(true);
  expect(isSecret(["log", "sasl", "password"])).toBe(true);
  expect(isSecret(["embedders", "anything", "model"])).toBe(false);
});

function undescribed(schema: JsonSchema, path: string): string[] {
  const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const named =
    typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : [];
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([key, value]) => [
      ...(value.description === undefined ? [`${path}.${key}`] : []),
      ...undescribed(value, `${path}.${key}`),
    ]),
    ...[...inner, ...named, ...(schema.items ? [schema.items] : [])].flatMap((each) =>
      undescribed(each, `${path}.*`),
    ),
  ];
}
