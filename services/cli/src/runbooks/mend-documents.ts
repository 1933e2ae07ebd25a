/**
 * Both runbooks that mend documents, over the HTTP interface alone: they ask for audits and repairs,
 * and write nothing themselves. What comes next is decided elsewhere.
 */
import type { FreshnessWire, SentinelsWire, WhyWire } from "@tidemark/api";
import {
  nextStep,
  type RunbookEnding,
  type RunbookKnown,
  type RunbookName,
  type RunbookStep,
} from "@tidemark/domain";
import type { Client } from "../client.ts";
import { idPath } from "../command.ts";
import { count } from "../format/amounts.ts";
import type { Terminal } from "../terminal.ts";
import { AuditAsker, foundIn, sumOf, type Certificate } from "./audit-asker.ts";
import { anotherEmbedder, obstacleOf, overdueOf, refusalOf } from "./escalate.ts";
import type { Escalation, FoundDocument, RunbookReport, StepReport } from "./runbook-report.ts";

export interface MendOptions {
  readonly runbook: RunbookName;
  readonly source: string | null;
  readonly isDryRun: boolean;
  /** Vectors, or with a thorough look documents, that are drawn; null for as many as configured. */
  readonly sample: number | null;
  /** How long what was asked for may take to be right again. */
  readonly withinMs: number;
  readonly client: Client;
  readonly terminal: Pick<Terminal, "nowMs" | "pause">;
  /** Called as each step ends. */
  readonly told: (step: StepReport) => void;
}

/** Faults that come of text or vectors; the others are told, and left to `tidemark audit --repair`. */
const mended: ReadonlySet<string> = new Set(["stale", "fingerprint", "missing"]);
/** A document that is wanted no more is right as well. */
const settledStandings: ReadonlySet<string> = new Set([
  "searchable",
  "archived",
  "empty",
  "deleted",
]);
const thoroughRunbooks: ReadonlySet<RunbookName> = new Set(["partial-corruption"]);
const sentinelsTimeoutMs = 180_000;
const againAfterMs = { least: 500, most: 10_000 } as const;

type Taken = Omit<StepReport, "step" | "tookMs"> & { readonly learned: Partial<RunbookKnown> };

/** @throws CliError when nobody answers, or a key may not */
export async function mendDocuments(options: MendOptions): Promise<RunbookReport> {
  const { runbook, terminal } = options;
  const startedAtMs = terminal.nowMs();
  const run = new MendRun(options);
  const steps: StepReport[] = [];
  let known: RunbookKnown = { isDryRun: options.isDryRun };
  let ending: RunbookEnding | null = null;
  while (ending === null) {
    const next = nextStep(known);
    if ("end" in next) {
      ending = next.end;
      break;
    }
    const beganAtMs = terminal.nowMs();
    const { learned, ...taken } = await run.take(next.take);
    const step = { step: next.take, ...taken, tookMs: terminal.nowMs() - beganAtMs };
    steps.push(step);
    options.told(step);
    known = { ...known, ...learned };
  }
  return {
    runbook,
    ending,
    startedAt: new Date(startedAtMs).toISOString(),
    tookMs: terminal.nowMs() - startedAtMs,
    steps,
    documents: run.documents,
    escalation: ending === "escalated" ? run.escalation : null,
  };
}

class MendRun {
  readonly #options: MendOptions;
  readonly #audits: AuditAsker;
  #documents: readonly FoundDocument[] = [];
  #escalation: Escalation | null = null;

  constructor(options: MendOptions) {
    this.#options = options;
    const { client, terminal, withinMs } = options;
    this.#audits = new AuditAsker(client, terminal, { waitMsMax: withinMs });
  }

  get documents(): readonly FoundDocument[] {
    return this.#documents;
  }

  get escalation(): Escalation | null {
    return this.#escalation;
  }

  take(step: RunbookStep): Promise<Taken> {
    switch (step) {
      case "pipeline":
        return this.#pipeline();
      case "embedder":
        return this.#embedder();
      case "find":
        return this.#find();
      case "mend":
        return this.#mend();
      case "verify":
        return this.#verify();
      case "prove":
        return this.#prove();
    }
  }

  async #pipeline(): Promise<Taken> {
    const { client, source } = this.#options;
    const freshness = await client.ask<FreshnessWire>("/v1/freshness");
    const obstacle = obstacleOf(freshness, source);
    if (obstacle) return this.#stopped(obstacle, { pipeline: "in-trouble" });
    const own = freshness.sources.filter((each) => source === null || each.source === source);
    const pending = own.reduce((sum, each) => sum + each.pending, 0);
    const detail = `no part is in trouble, ${pending} on their way, none late`;
    return { outcome: "ok", detail, learned: { pipeline: "well" } };
  }

  async #embedder(): Promise<Taken> {
    const asked = { method: "POST", timeoutMs: sentinelsTimeoutMs } as const;
    const sentinels = await this.#options.client.ask<SentinelsWire>("/v1/sentinels/run", asked);
    const another = anotherEmbedder(sentinels);
    if (another) return this.#stopped(another, { embedder: "another" });
    const active = sentinels.generations.find(({ state }) => state === "active");
    const causes = active?.findings.map(({ cause, severity }) => `${cause} (${severity})`) ?? [];
    const others = causes.length === 0 ? "" : `; sentinels say: ${causes.join(", ")}`;
    const detail = `it makes the vectors that it made${others}`;
    return { outcome: "ok", detail, learned: { embedder: "same" } };
  }

  async #find(): Promise<Taken> {
    const { runbook, sample, source } = this.#options;
    const certificates = await this.#audits.ask({
      ...(source === null ? {} : { source }),
      ...(sample === null ? {} : { sample }),
      thorough: thoroughRunbooks.has(runbook),
    });
    const all = foundIn(certificates);
    this.#documents = all.filter(({ faults }) => faults.some(({ fault }) => mended.has(fault)));
    const faulty = sumOf(certificates, (each) => each.faulty);
    const undecided = sumOf(certificates, (each) => each.undecided);
    const found = { documents: this.#documents.length, undecided };
    return {
      outcome: faulty > 0 ? "found" : "ok",
      detail: foundText(certificates, this.#documents, { faulty, undecided }),
      learned: { found },
    };
  }

  async #mend(): Promise<Taken> {
    const ids = this.#documents.map(({ documentId }) => documentId);
    const certificates = await this.#audits.askOf(ids, { repair: true });
    const repairs = certificates.flatMap(({ repair }) => repair ?? []);
    const refused = repairs.find((repair) => repair.refused !== null)?.refused ?? null;
    if (refused !== null) return this.#stopped(refusalOf(refused), { mending: "refused" });
    const add = (of: (repair: (typeof repairs)[number]) => number) =>
      repairs.reduce((sum, repair) => sum + of(repair), 0);
    const detail =
      `${add(({ restated }) => restated)} stated again by their source, ` +
      `${add(({ replayed }) => replayed)} from the log`;
    return { outcome: "ok", detail, learned: { mending: "asked" } };
  }

  /** Until each is right and found, or the time is over. */
  async #verify(): Promise<Taken> {
    const { client, source, terminal, withinMs } = this.#options;
    const untilMs = terminal.nowMs() + withinMs;
    let left = this.#documents.map(({ documentId }) => documentId);
    let why = "";
    let vectors = 0;
    let pauseMs: number = againAfterMs.least;
    for (;;) {
      const looked = await this.#look(left);
      vectors += looked.vectors;
      left = looked.left;
      why = looked.why;
      if (left.length === 0 || terminal.nowMs() >= untilMs) break;
      if (!(await terminal.pause(pauseMs))) break;
      pauseMs = Math.min(pauseMs * 2, againAfterMs.most);
    }
    const [first] = left;
    if (first === undefined) {
      const detail = `each is right and found; ${count(vectors, "vector")} made again and compared`;
      return { outcome: "ok", detail, learned: { left: 0 } };
    }
    const freshness = await client.ask<FreshnessWire>("/v1/freshness");
    const overdue = { count: left.length, first, why };
    const escalation = overdueOf(overdue, obstacleOf(freshness, source));
    return this.#stopped(escalation, { left: left.length });
  }

  /** Of these, the ones that are not right or not found, and why the first of them is not. */
  async #look(
    ids: readonly string[],
  ): Promise<{ readonly left: string[]; readonly why: string; readonly vectors: number }> {
    const certificates = await this.#audits.askOf(ids);
    const reasons = new Map<string, string>();
    for (const { documentId, faults } of foundIn(certificates)) {
      reasons.set(documentId, faults.map(({ detail }) => detail).join("; "));
    }
    // Which of them nobody could say.
    const open = certificates.filter(({ undecided }) => undecided > 0).map(({ source }) => source);
    for (const id of ids) {
      if (reasons.has(id)) continue;
      if (open.some((source) => id.startsWith(`${source}/`))) reasons.set(id, "it is on its way");
      else {
        const { explanation, standing } = await this.#options.client.ask<WhyWire>(
          `/v1/why/${idPath(id)}`,
        );
        if (!settledStandings.has(standing)) reasons.set(id, explanation);
      }
    }
    const left = ids.filter((id) => reasons.has(id));
    const why = reasons.get(left[0] ?? "") ?? "";
    return { left, why, vectors: sumOf(certificates, ({ sampled }) => sampled) };
  }

  async #prove(): Promise<Taken> {
    const { source } = this.#options;
    const certificates = await this.#audits.ask(source === null ? {} : { source });
    const faulty = sumOf(certificates, (each) => each.faulty);
    const undecided = sumOf(certificates, (each) => each.undecided);
    const again = foundIn(certificates);
    return {
      outcome: faulty > 0 ? "found" : "ok",
      detail: foundText(certificates, again, { faulty, undecided }),
      learned: { proof: { faulty, undecided } },
    };
  }

  #stopped(escalation: Escalation, learned: Partial<RunbookKnown>): Taken {
    this.#escalation = escalation;
    return { outcome: "stopped", detail: escalation.reason, learned };
  }
}

function foundText(
  certificates: readonly Certificate[],
  documents: readonly FoundDocument[],
  { faulty, undecided }: { readonly faulty: number; readonly undecided: number },
): string {
  const sampled = count(
    sumOf(certificates, (each) => each.sampled),
    "vector",
  );
  const kinds = new Map<string, number>();
  for (const { faults } of documents) {
    for (const { fault } of faults) kinds.set(fault, (kinds.get(fault) ?? 0) + 1);
  }
  const found = [...kinds].map(([fault, number]) => `${number} ${fault}`).join(", ");
  const others = faulty - documents.length;
  return [
    faulty === 0 ? "nothing is wrong" : `${count(faulty, "document")} wrong`,
    ...(found === "" ? [] : [found]),
    ...(others > 0 ? [`${others} more, for \`tidemark audit --repair\``] : []),
    ...(undecided > 0 ? [`${undecided} could not be told`] : []),
    `${sampled} made again`,
  ].join("; ");
}
