/** A document as it was pushed and as it must be found: one line of the file of expected ones. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

export type PushedPermissions = "public" | readonly string[];

export interface PushedDocument {
  readonly source: string;
  readonly key: string;
  readonly content: string;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  readonly permissions: PushedPermissions;
  readonly tenant: string;
  readonly archived: boolean;
}

/** One as it must be found, wherever it comes from. */
export interface ExpectedDocument extends Pick<
  PushedDocument,
  "source" | "key" | "metadata" | "tenant" | "archived"
> {
  /** Unknown is nobody. */
  readonly permissions: PushedPermissions | "unknown";
  readonly contentHash?: string;
}

export async function readLines<T>(file: string): Promise<T[]> {
  const lines: T[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (line !== "") lines.push(JSON.parse(line) as T);
  }
  return lines;
}

/** Puts all of them, by source, as NDJSON. */
export async function pushAll(url: string, documents: readonly PushedDocument[]): Promise<void> {
  for (const [source, own] of Map.groupBy(documents, (document) => document.source)) {
    const answer = await fetch(`${url}/v1/sources/${source}/documents`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: own.map(({ source: _source, ...rest }) => `${JSON.stringify(rest)}\n`).join(""),
    });
    const body = await answer.text();
    if (answer.status !== 202) throw new Error(`${own.length} documents: ${answer.status} ${body}`);
  }
}
