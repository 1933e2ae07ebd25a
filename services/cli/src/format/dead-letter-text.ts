import type { DeadLetterWire } from "@tidemark/api";
import { moment } from "./amounts.ts";
import { clipped, passage, printable } from "./printable.ts";
import type { TextOptions } from "./search-text.ts";
import { table } from "./table.ts";

type Options = Pick<TextOptions, "nowMs" | "width">;

/** A line each: its id, when, which document, and why. */
export function deadLetterLines(
  deadLetters: readonly DeadLetterWire[],
  { nowMs, width }: Options,
): readonly string[] {
  const rows = deadLetters.map((letter) => [
    letter.id,
    moment(letter.at, nowMs),
    printable(letter.documentId),
    letter.reason,
    clipped(passage(letter.message), Math.max(20, width - 40)),
  ]);
  return table(rows, { indent: "  " });
}

/** Everything that is known of one. */
export function deadLetterText(letter: DeadLetterWire, { nowMs }: Options): readonly string[] {
  const { revision } = letter;
  const rows = [
    ["id", letter.id],
    ["document", letter.documentId],
    ["reason", letter.reason],
    ["message", letter.message],
    ["stage", letter.stage],
    ["generation", letter.generation ?? "every one"],
    ["revision", revision === null ? "unknown" : `${revision.epoch}.${revision.position}`],
    ["chunk", letter.chunk ?? "the whole document"],
    ["attempts", String(letter.attempts)],
    ["at", moment(letter.at, nowMs)],
  ];
  return table(rows.map((row) => row.map(printable)));
}
