/** Records as Debezium 3.7.0 has sent them, for tests. */
import { readFileSync } from "node:fs";
import { parseJson, type Json } from "./parse-json.ts";

export interface SampleRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly key: string | null;
  readonly value: string | null;
}

interface WrittenRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly timestamp: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly key: Json;
  readonly value: Json;
}

export function readSample(name: string): readonly SampleRecord[] {
  const path = new URL(`../samples/${name}.json`, import.meta.url);
  const { records } = parseJson(readFileSync(path, "utf8")) as unknown as {
    readonly records: readonly WrittenRecord[];
  };
  return records.map(({ key, offset, timestamp, value, ...rest }) => ({
    ...rest,
    offset: Number(offset),
    timestampMs: Number(timestamp),
    key: printJson(key),
    value: printJson(value),
  }));
}

/** Whole numbers of any size as they were written. */
function printJson(value: Json): string | null {
  if (value === null) return null;
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === "bigint" ? JSON.rawJSON?.(String(item)) : item,
  );
}
