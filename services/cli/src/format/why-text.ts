/** The life of one document: a sentence that says how it stands, then what happened to it. */
import type { WhyWire } from "@tidemark/api";
import { changedAtMs } from "@tidemark/domain";
import { count, duration, moment } from "./amounts.ts";
import { deadLetterLines } from "./dead-letter-text.ts";
import { printable } from "./printable.ts";
import type { TextOptions } from "./search-text.ts";
import { table } from "./table.ts";

type Receipt = WhyWire["receipts"][number];

export function whyText(report: WhyWire, options: TextOptions): readonly string[] {
  const { deadLetters, manifest } = report;
  return [
    headline(report, options),
    ...(manifest ? manifestLines(manifest, options) : []),
    ...section("changes", mutationRows(report, options)),
    ...section("what became of them", receiptRows(report, options)),
    ...(deadLetters.length > 0
      ? ["", "dead letters", ...deadLetterLines(deadLetters, options)]
      : []),
    ...advice(report),
  ];
}

/** For a document that is found: its revision, how fast it was, and what that took. */
function headline(report: WhyWire, { paint }: TextOptions): string {
  const { explanation, manifest, standing } = report;
  if (standing !== "searchable" || !manifest?.indexed) {
    const label = standing === "neverSeen" ? "never seen" : standing;
    const color = standing === "empty" || standing === "searchable" ? "yellow" : "red";
    return `${printable(report.documentId)} is not found · ${paint(color, label)}: ${printable(explanation)}`;
  }
  const { position } = manifest.indexed.revision;
  const receipt = receiptOf(report, manifest.indexed.revision);
  const found = paint("green", `revision ${position} is searchable`);
  const newer = manifest.seen.revision;
  const pending =
    newer.epoch === manifest.indexed.revision.epoch && newer.position === position
      ? ""
      : ` · ${paint("yellow", `revision ${newer.position} is on its way`)}`;
  if (!receipt) return `${found} · ${count(manifest.indexed.chunks, "chunk")}${pending}`;
  return `${found}${latency(receipt)} · ${chunkStory(receipt, manifest.indexed.chunks)}${pending}`;
}

function receiptOf(report: WhyWire, revision: Receipt["revision"]): Receipt | undefined {
  return inOrder(report.receipts).findLast(
    ({ generation, outcome, revision: of }) =>
      generation === report.generation &&
      outcome === "indexed" &&
      of.epoch === revision.epoch &&
      of.position === revision.position,
  );
}

function latency(receipt: Receipt): string {
  if (receipt.observedAt === null) return "";
  const beganAtMs = changedAtMs({
    sourceTimeMs: receipt.sourceTime === null ? null : Date.parse(receipt.sourceTime),
    observedAtMs: Date.parse(receipt.observedAt),
    isChange: receipt.reason === "change",
  });
  return `, ${duration(Math.max(0, Date.parse(receipt.at) - beganAtMs))} after the change`;
}

function chunkStory({ chunks }: Receipt, live: number): string {
  const parts = (["kept", "reused", "embedded", "removed", "failed"] as const).flatMap((part) =>
    chunks[part] > 0 ? [`${chunks[part]} ${part}`] : [],
  );
  return [count(live, "chunk"), parts.join(", ")].filter(Boolean).join(": ");
}

function manifestLines(
  { seen, indexed }: NonNullable<WhyWire["manifest"]>,
  { nowMs }: TextOptions,
): readonly string[] {
  const { permissions, tenant } = seen.policy;
  const readers = Array.isArray(permissions) ? permissions.join(", ") || "nobody" : permissions;
  const rows = [
    ["readers", readers],
    ["tenant", tenant === "*" ? "every tenant" : tenant],
    ["seen", moment(seen.seenAt, nowMs)],
    ...(indexed ? [["embedded", moment(indexed.embeddedAt, nowMs)]] : []),
    ...(indexed?.failedChunks ? [["failed", count(indexed.failedChunks, "chunk")]] : []),
  ];
  return table(
    rows.map((row) => row.map(printable)),
    { indent: "  " },
  );
}

function mutationRows({ mutations }: WhyWire, { nowMs }: TextOptions): readonly string[][] {
  return mutations
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ kind, observedAt, reason, revision }) => [
      observedAt === null ? "" : moment(observedAt, nowMs),
      `revision ${revision.epoch}.${revision.position}`,
      kind,
      reason,
    ]);
}

function receiptRows({ receipts }: WhyWire, { nowMs }: TextOptions): readonly string[][] {
  return inOrder(receipts).map((receipt) => [
    moment(receipt.at, nowMs),
    `revision ${receipt.revision.epoch}.${receipt.revision.position}`,
    receipt.stage,
    receipt.outcome,
    receipt.generation ?? "",
    timings(receipt),
  ]);
}

/** `queue 0.1 s, embed 0.2 s`: where the time went. */
function timings(receipt: Receipt): string {
  return Object.entries(receipt.timings)
    .map(([part, ms]) => `${part.replace(/Ms$/u, "")} ${duration(ms)}`)
    .join(", ");
}

function inOrder(receipts: readonly Receipt[]): readonly Receipt[] {
  return receipts.toSorted((a, b) => a.at.localeCompare(b.at));
}

function section(title: string, rows: readonly string[][]): readonly string[] {
  return rows.length === 0 ? [] : ["", title, ...table(rows, { indent: "  " })];
}

function advice({ deadLetters, standing }: WhyWire): readonly string[] {
  const text = {
    held: "tidemark reconcile   says how many deletes are held, and how they are applied",
    failed: deadLetters[0]
      ? `mend it in its source, or tidemark dlq retry ${deadLetters[0].id}`
      : "tidemark dlq list",
    filtered: "tidemark config check   and the source's include, exclude and rules",
    unreadable: "give it permissions: front matter, a rule of its source, or a PATCH",
    denied: "ask with --tenant and --principal of one who may read it",
    neverSeen: "tidemark reconcile   compares the source with the index",
  }[standing as string];
  return text === undefined ? [] : ["", `next: ${text}`];
}
