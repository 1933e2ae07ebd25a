/** One audit at a time: each source by itself, over one reading of the log, to a dated certificate. */
import {
  auditFaults,
  auditVerdictOf,
  repairRefusal,
  sourceOf,
  type AuditCertificate,
  type AuditExample,
  type AuditFault,
  type DocumentId,
  type Generation,
  type PointDigest,
  type SourceName,
  type Token,
} from "@tidemark/domain";
import { setImmediate } from "node:timers/promises";
import type { UpsertMutation } from "../chunk-record.ts";
import { RequestError, type AuditRequest } from "../operations.ts";
import type { AuditSpool } from "../ports/audit-spool.ts";
import type { AuditedIndex } from "../ports/audited-index.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Chance, Clock, PipelineLogger } from "../ports/world.ts";
import type { ServedSource } from "../service/served-source.ts";
import type { AuditedSource, AuditRun } from "./audit-run.ts";
import { lookFirst } from "./first-look.ts";
import { LogFold } from "./log-fold.ts";
import { settleSuspects } from "./look-again.ts";
import { lookAtNamed } from "./named-look.ts";
import { repairFaulty } from "./repair.ts";
import { sampleVectors } from "./sample-vectors.ts";

export interface AuditorOptions {
  readonly log: EventLog;
  readonly index: VectorIndex & AuditedIndex;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: PipelineLogger;
  readonly sources: ReadonlyMap<SourceName, ServedSource>;
  readonly generation: () => Generation;
  readonly embedder: () => Pick<Embedder, "embed"> | null;
  readonly completeUpToMs: (source: SourceName) => number | null;
  readonly openSpool: () => AuditSpool;
  readonly configHash: string;
  readonly settleMs: number;
  /** Where a request names no number. */
  readonly sampleDefault: number;
  readonly repairsPerSecond: number;
  readonly rechunk: (mutation: UpsertMutation) => Promise<void>;
  /** The points that a record's content has; null where that is another by now. */
  readonly cut: (
    mutation: UpsertMutation,
    signal: AbortSignal,
  ) => Promise<readonly PointDigest[] | null>;
  readonly token: () => Token;
  /** Dead letters now, and stages and sources that are not well. */
  readonly health: () => Promise<Health>;
  /** Where certificates are kept. */
  readonly keep: (certificate: AuditCertificate) => Promise<void>;
}

export interface Health {
  readonly troubles: readonly string[];
  readonly deadLetters: number;
  readonly late: readonly SourceName[];
}

const examplesDefault = 20;
/** A certificate that is kept names no more. */
const examplesKept = 20;
const faultyPageMax = 512;

export class Auditor {
  readonly #options: AuditorOptions;
  #isRunning = false;

  constructor(options: AuditorOptions) {
    this.#options = options;
  }

  /** @throws RequestError 409 while another audit runs */
  async audit(request: AuditRequest, signal: AbortSignal): Promise<readonly AuditCertificate[]> {
    if (this.#isRunning) {
      throw new RequestError(
        409,
        "audit-running",
        "an audit is running: its certificate will come",
      );
    }
    this.#isRunning = true;
    try {
      return await this.#audit(request, signal);
    } finally {
      this.#isRunning = false;
    }
  }

  async #audit(request: AuditRequest, signal: AbortSignal): Promise<readonly AuditCertificate[]> {
    const { log, logger, openSpool, sources } = this.#options;
    const named = request.documents?.map(sourceOf);
    const chosen = [...sources.values()].filter(
      ({ name }) =>
        (request.source === null || name === request.source) && (named?.includes(name) ?? true),
    );
    const names = new Set(chosen.map(({ name }) => name));
    using spool = openSpool();
    const fold = new LogFold(log, spool, (source) => names.has(source));
    const before = await this.#options.health();
    const run: AuditRun = {
      ...this.#options,
      generation: this.#options.generation(),
      embedder: this.#options.embedder(),
      spool,
      fold,
      signal,
    };
    const certificates: AuditCertificate[] = [];
    for (const served of chosen) {
      const certificate = await this.#auditSource(run, served, request, before);
      certificates.push(certificate);
      if (!named) await this.#options.keep(keptOf(certificate));
      const { faulty, setAside, source, undecided, verdict } = certificate;
      logger.info({ source, verdict, faulty, undecided, setAside: setAside.documents }, "audit");
    }
    return certificates;
  }

  async #auditSource(
    run: AuditRun,
    served: ServedSource,
    { documents, examplesMax, isThorough = false, repair, sample }: AuditRequest,
    before: Health,
  ): Promise<AuditCertificate> {
    const { clock, configHash, completeUpToMs } = this.#options;
    const { repairsPerSecond, rechunk, token } = this.#options;
    const { from, line, name } = served;
    const source: AuditedSource = { name, from, completeUpToMs: () => completeUpToMs(name) };
    const beganAtMs = clock.nowMs();
    const named = documents?.filter((id) => sourceOf(id) === name);
    const first = named
      ? await lookAtNamed(run, source, named)
      : await lookFirst(run, source, sample ?? this.#options.sampleDefault);
    const settled = await settleSuspects(run, source, first.isListed);
    const sampled = await sampleVectors(run, first.sample, {
      isThorough: isThorough || named !== undefined,
    });
    const found = await countFaults(run.spool, name, examplesMax ?? examplesDefault);
    const repaired =
      repair &&
      (await repairFaulty(run, source, {
        dryRun: repair.dryRun,
        perSecond: repairsPerSecond,
        line,
        rechunk,
        token,
        refusal: () => this.#refusal(before),
      }));
    const { sample: _sample, why, ...looked } = first;
    return {
      v: 1,
      source: name,
      generation: run.generation.id,
      fingerprint: run.generation.fingerprint,
      configHash,
      beganAtMs,
      endedAtMs: clock.nowMs(),
      verdict: auditVerdictOf({ faulty: found.faulty, undecided: settled.undecided }),
      ...looked,
      why: [why, sampled.why].filter((each) => each !== null).join("; ") || null,
      ...settled,
      // Nothing had differed of those that somebody named.
      ...(named ? { changed: 0 } : {}),
      ...found,
      sampled: sampled.sampled,
      repair: repaired,
    };
  }

  async #refusal(before: Health): Promise<string | null> {
    const { deadLetters, ...now } = await this.#options.health();
    return repairRefusal({
      ...now,
      deadLettersBefore: before.deadLetters,
      deadLettersNow: deadLetters,
    });
  }
}

function keptOf(certificate: AuditCertificate): AuditCertificate {
  return { ...certificate, examples: certificate.examples.slice(0, examplesKept) };
}

async function countFaults(
  spool: AuditSpool,
  source: SourceName,
  examplesMax: number,
): Promise<Pick<AuditCertificate, "examples" | "faults" | "faulty">> {
  const faults = Object.fromEntries(auditFaults.map((fault) => [fault, 0])) as Record<
    AuditFault,
    number
  >;
  const examples: AuditExample[] = [];
  let faulty = 0;
  let after: DocumentId | null = null;
  for (;;) {
    const page: ReturnType<AuditSpool["faulty"]> = spool.faulty({
      source,
      after,
      limit: faultyPageMax,
    });
    for (const { faults: found, id } of page) {
      faulty += 1;
      for (const { detail, fault } of found) {
        faults[fault] += 1;
        if (examples.length < examplesMax) examples.push({ documentId: id, fault, detail });
      }
    }
    const last = page.at(-1);
    if (!last) return { faults, faulty, examples };
    after = last.id;
    await setImmediate();
  }
}
