/** Some documents of a directory, for a copy: few enough that a rehearsal takes seconds. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { exitCodes } from "@tidemark/runtime";
import { CliError } from "../cli-error.ts";

export interface CopiedDocument {
  readonly key: string;
  readonly text: string;
}

const documentsMax = 16;
/** Fewer are too few to leave some of them as they are. */
const documentsMin = 8;
const bytesMax = 64 * 1024;
/** Smaller ones may be a single chunk, of which nothing can be lost by itself. */
const bytesMin = 2 * 1024;
const filesLookedAtMax = 10_000;
const extensions: ReadonlySet<string> = new Set([".md", ".txt"]);

/** @throws CliError for a directory that cannot be read, or has too few documents */
export function copiedDocuments(directory: string): readonly CopiedDocument[] {
  const documents: CopiedDocument[] = [];
  for (const path of filesOf(directory)) {
    const { size } = statSync(path);
    if (size < bytesMin || size > bytesMax) continue;
    const key = relative(directory, path).split(sep).join("/");
    documents.push({ key, text: readFileSync(path, "utf8") });
    if (documents.length === documentsMax) break;
  }
  if (documents.length >= documentsMin) return documents;
  throw new CliError(
    exitCodes.usage,
    `${directory} has ${documents.length} documents to practise on, and ${documentsMin} are needed`,
    { fix: `name a directory with texts (.md, .txt) of ${bytesMin} to ${bytesMax} bytes` },
  );
}

function filesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .slice(0, filesLookedAtMax)
      .filter((entry) => entry.isFile() && extensions.has(extname(entry.name)))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(exitCodes.usage, `${directory} cannot be read: ${reason}`, { cause: error });
  }
}
