/** Events set aside, with the reason and where they came from; content by reference alone. */
import { sha256Hex, type Revision } from "@tidemark/domain";
import type { EventLog } from "../ports/event-log.ts";
import { readRange } from "../read-range.ts";
import { deadLettersTopic } from "../topics.ts";

export interface DeadLetter {
  readonly stage: string;
  readonly group: string;
  readonly generation: string | null;
  readonly documentId: string;
  readonly revision: Revision | null;
  /** The chunk's hash when a chunk and not its document was set aside. */
  readonly chunk: string | null;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly reason: string;
  readonly message: string;
  readonly attempts: number;
  readonly atMs: number;
  readonly state: "open" | "retried" | "dropped";
}

/** Stable for a document, stage and chunk, so that the newest fault replaces the one before. */
export function deadLetterId(letter: DeadLetter): string {
  return sha256Hex(letter.group, letter.documentId, letter.chunk ?? "").slice(0, 12);
}

export async function publishDeadLetters(
  log: EventLog,
  letters: readonly DeadLetter[],
  options: { readonly durable?: boolean } = {},
): Promise<void> {
  if (letters.length === 0) return;
  await log.append(
    deadLettersTopic,
    letters.map((letter) => ({
      key: `${letter.documentId}#${deadLetterId(letter)}`,
      partitionKey: letter.documentId,
      value: JSON.stringify({ v: 1, ...letter }),
    })),
    options,
  );
}

export function decodeDeadLetter(value: string | null): DeadLetter | null {
  if (value === null) return null;
  const { v, ...letter } = JSON.parse(value) as DeadLetter & { readonly v: number };
  return v === 1 ? letter : null;
}

/** Every dead letter's newest record, open or not. */
export async function readDeadLetters(log: EventLog): Promise<Map<string, DeadLetter>> {
  const letters = new Map<string, DeadLetter>();
  for (const range of await log.ranges(deadLettersTopic)) {
    for await (const records of readRange(log, deadLettersTopic, range)) {
      for (const record of records) {
        const letter = decodeDeadLetter(record.value);
        if (letter) letters.set(deadLetterId(letter), letter);
      }
    }
  }
  return letters;
}
