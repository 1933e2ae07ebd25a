import { readFileSync } from "node:fs";
import { join } from "node:path";
import { banner, indexedLine, nextLines, readyLine } from "./banner.ts";

const readme = readFileSync(join(import.meta.dirname, "../../../README.md"), "utf8");

/** What differs from run to run stands as one sign, so that shapes can be compared. */
const shapeOf = (line: string) =>
  line
    .trim()
    .replaceAll(/[\d.:]+/gu, "#")
    .replaceAll(/\s+/gu, " ");

const shapesOf = (text: string) =>
  text
    .split("\n")
    .map(shapeOf)
    .filter((line) => line !== "");

const facts = {
  version: "0.1.0",
  mode: "dev" as const,
  url: "http://127.0.0.1:8787",
  hasKeys: false,
  dataDirectory: ".tidemark/",
  isNew: true,
  model: "all-MiniLM-L6-v2-int8 · 384 · golden texts match",
  sources: [
    { name: "files", what: "examples/handbook · watched" },
    { name: "app", what: "pushed over HTTP" },
  ],
};

test("the first screen of the README is what the process prints", () => {
  const counted = {
    documents: 42,
    chunks: 362,
    pending: 0,
  } as unknown as Parameters<typeof indexedLine>[0]["sources"][number];
  const printed = [
    banner(facts),
    indexedLine({ sources: [counted], embedded: 362, tookMs: 7300 }),
    readyLine(1_795_200_000_000),
    nextLines("examples/handbook"),
  ].join("\n");

  const missing = shapesOf(printed).filter((line) => !shapesOf(readme).includes(line));

  expect(missing).toEqual([]);
});

test("a process with keys, or data from before, says so", () => {
  const printed = banner({ ...facts, hasKeys: true, isNew: false, mode: "serve" });

  expect(printed).toContain("Tidemark 0.1.0 · one process\n");
  expect(printed).toContain("kept from before");
});
