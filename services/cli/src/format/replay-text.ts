/** Replays: what one would be, what was begun, and how far those are that run. */
import type { ReplaysWire, ReplayViewWire, ReplayWire } from "@tidemark/api";
import { count, duration, figure, moment, share, size } from "./amounts.ts";
import { printable } from "./printable.ts";
import type { TextOptions } from "./search-text.ts";
import { table } from "./table.ts";

export function replayText(report: ReplayWire): readonly string[] {
  const { bytes, documents, generation, id, records } = report;
  const what = `${count(records, "record")} of ${count(documents, "document")}, ${size(bytes)}`;
  if (id === null) {
    return [
      `would handle again: ${what}, into generation ${generation}`,
      "nothing was done: add --yes to do it",
    ];
  }
  return [
    `replay ${id} handles again: ${what}, into generation ${generation}`,
    `tidemark replay watch ${id} says how far it is; pause, resume, cancel and speed change it`,
  ];
}

/** A line each: its id, how far it is, what it covers, since when. */
export function replaysText(
  { replays }: ReplaysWire,
  { nowMs }: Pick<TextOptions, "nowMs">,
): readonly string[] {
  if (replays.length === 0) return ["no replays"];
  const rows = replays.map((view) => [
    view.id,
    view.state,
    share(view.share),
    done(view),
    view.leftMs === null ? "" : `${duration(view.leftMs)} left`,
    view.perSecond === null ? "" : `at most ${view.perSecond}/s`,
    covered(view, nowMs),
    `since ${moment(view.startedAt, nowMs)}`,
  ]);
  return table(rows, { indent: "  " });
}

export function replayLine(view: ReplayViewWire): string {
  const { id, leftMs, perSecond, state } = view;
  const left = leftMs === null ? "" : `, ${duration(leftMs)} left`;
  const pace = perSecond === null || state === "done" ? "" : `, at most ${perSecond} a second`;
  return `replay ${id} is ${state}: ${share(view.share)}, ${done(view)}${pace}${left}`;
}

function done({ documents, documentsDone }: ReplayViewWire): string {
  const of = documents === null ? "" : ` of ${figure(documents)}`;
  return `${figure(documentsDone)}${of} documents`;
}

function covered(view: ReplayViewWire, nowMs: number): string {
  const parts = [
    ...(view.source === null ? [] : [view.source]),
    ...(view.document === null ? [] : [printable(view.document)]),
    ...(view.since === null ? [] : [`after ${moment(view.since, nowMs)}`]),
    ...(view.force ? ["forced"] : []),
    view.generation,
  ];
  return parts.join(", ");
}
