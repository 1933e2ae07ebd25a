/**
 * A runbook is practised: on a copy that is damaged for it, by the very code that mends the real one,
 * over HTTP as there. Every step is timed; nothing outside a temporary directory is touched.
 */
import type { RehearsalWire } from "@tidemark/api";
import type { DocumentId, Point, RunbookName } from "@tidemark/domain";
import { count } from "../format/amounts.ts";
import { mendDocuments } from "../runbooks/mend-documents.ts";
import type { Terminal } from "../terminal.ts";
import type { CopiedDocument } from "./copied-documents.ts";
import { Copy } from "./copy.ts";
import { damages, type Damage } from "./damage.ts";
import { failureOf, samePoints } from "./judge.ts";

export interface RehearseOptions {
  readonly runbook: RunbookName;
  readonly documents: readonly CopiedDocument[];
  readonly terminal: Pick<Terminal, "nowMs" | "pause">;
  readonly told: (step: RehearsedStep) => void;
  /** Those of the runbook when absent. */
  readonly damages?: readonly Damage[];
}

export interface RehearsedStep {
  readonly step: string;
  readonly outcome: "ok" | "passed" | "found" | "stopped" | "failed";
  readonly tookMs: number;
  readonly detail: string;
}

const withinMs = 180_000;

export async function rehearse(options: RehearseOptions): Promise<RehearsalWire> {
  const { documents, runbook, terminal } = options;
  const startedAtMs = terminal.nowMs();
  const steps: RehearsedStep[] = [];
  const tell = (step: RehearsedStep) => {
    steps.push(step);
    options.told(step);
  };
  const timed = async <T>(step: string, detail: (made: T) => string, work: () => Promise<T>) => {
    const beganAtMs = terminal.nowMs();
    const made = await work();
    const tookMs = terminal.nowMs() - beganAtMs;
    tell({ step, outcome: "ok", tookMs, detail: detail(made) });
    return made;
  };
  await using copy = await timed(
    "open",
    () => "a copy in a directory of its own",
    () => Copy.open(terminal),
  );
  await timed(
    "copy",
    () => `${count(documents.length, "document")} can be found in it`,
    () => copy.fill(documents),
  );
  const wanted = options.damages ?? damages[runbook];
  const damaged = await timed(
    "damage",
    (made) => made.map(({ id, what }) => `${id}: ${what}`).join("; "),
    () => damageSome(copy, wanted),
  );
  const report = await mendDocuments({
    runbook,
    source: null,
    isDryRun: false,
    sample: null,
    withinMs,
    client: copy.client,
    terminal,
    told: tell,
  });
  const changed = await changedOf(copy, damaged);
  const reason = failureOf({
    damaged: damaged.map(({ id }) => id),
    found: report.documents.map(({ documentId }) => documentId),
    ending: report.ending,
    changed,
  });
  const outcome = reason === null ? "passed" : "failed";
  const compared = "it found what was damaged and nothing else, and all is as it was before";
  const endedAtMs = terminal.nowMs();
  tell({ step: "judge", outcome, tookMs: 0, detail: reason ?? compared });
  return {
    runbook,
    outcome,
    reason,
    startedAt: new Date(startedAtMs).toISOString(),
    endedAt: new Date(endedAtMs).toISOString(),
    documents: documents.length,
    damaged: damaged.length,
    steps,
  };
}

interface Damaged {
  readonly id: DocumentId;
  readonly what: string;
  /** What has to be stored again in the end. */
  readonly before: readonly Point[];
}

/** By turns of the folder and of what was pushed, since those are mended in different ways. */
async function damageSome(copy: Copy, wanted: readonly Damage[]): Promise<readonly Damaged[]> {
  const damaged: Damaged[] = [];
  for (const id of copy.documents) {
    const damage = wanted[damaged.length];
    if (!damage) break;
    if ((await copy.stored(id)).points.length < 2) continue;
    const before = await damage.to(copy, id);
    damaged.push({ id, what: damage.what, before });
  }
  return damaged;
}

async function changedOf(copy: Copy, damaged: readonly Damaged[]): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const { before, id } of damaged) {
    const { points } = await copy.stored(id);
    if (!samePoints(before, points)) changed.push(id);
  }
  return changed;
}
