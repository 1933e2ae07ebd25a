/** Writes docs/configuration.md and docs/tidemark.schema.json: `node …/generate-reference.ts`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { editorSchema } from "./json-schema.ts";
import { printJson } from "./print-json.ts";
import { configReference } from "./reference.ts";

const docs = new URL("../../../../docs/", import.meta.url);
mkdirSync(docs, { recursive: true });
writeFileSync(new URL("configuration.md", docs), configReference());
writeFileSync(new URL("tidemark.schema.json", docs), printJson(editorSchema()));
