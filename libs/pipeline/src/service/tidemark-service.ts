/**
 * What Tidemark can be asked, answered over the ports alone: the same for one process and for a
 * gateway. Each operation is short; what is decided is decided elsewhere.
 */
import {
  keyOf,
  sourceOf,
  standingOf,
  type AuditCertificate,
  type Asker,
  type DocumentId,
  type Metadata,
  type Permissions,
  type Rehearsal,
  type SourceName,
} from "@tidemark/domain";
import type { UpsertMutation } from "../chunk-record.ts";
import {
  RequestError,
  type Accepted,
  type AuditRequest,
  type DeadLetterView,
  type DoctorFinding,
  type DocumentView,
  type FreshnessReport,
  type Operations,
  type PlanReport,
  type PushedDocument,
  type ReconcileReport,
  type ReplayChange,
  type ReplayReport,
  type ReplayRequest,
  type ReplayView,
  type SearchRequest,
  type SearchResponse,
  type SearchWhyReport,
  type SearchWhyRequest,
  type StatusReport,
  type WhyReport,
  type WriteOrigin,
} from "../operations.ts";
import type { DocumentHistory } from "../ports/document-history.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Clock } from "../ports/world.ts";
import { searchIndex } from "../query/search.ts";
import type { Catalogue } from "./catalogue.ts";
import type { CostReport } from "./costs/cost-report.ts";
import { DeadLetterDesk } from "./dead-letter-desk.ts";
import type { FreshnessBoard } from "./freshness-board.ts";
import type { FreshnessLedger } from "./freshness-ledger.ts";
import type { Generations } from "./generations.ts";
import { refuseUnwritten } from "./part-of-document.ts";
import { pushTo } from "./push-target.ts";
import { pushDelete, pushDocuments, pushFacet } from "./push.ts";
import type { LateRestrictions } from "./late-restrictions.ts";
import type { Troubles } from "./pending-view.ts";
import type { Replayer } from "./replay.ts";
import { prepareSearch } from "./prepare-search.ts";
import { sourceNamed } from "./search-scope.ts";
import type { SentinelReport } from "./sentinels/sentinel-report.ts";
import type { ServedSource } from "./served-source.ts";
import { StateReports } from "./state-reports.ts";
import type { StageBoard } from "./stage-board.ts";
import { explainSearch } from "./explain-search.ts";
import { stateIn } from "./state-in-source.ts";
import { explainDocument } from "./why.ts";

export interface ServiceOptions {
  readonly version: string;
  readonly dataDirectory: string | null;
  readonly log: EventLog;
  readonly history: DocumentHistory;
  readonly index: VectorIndex;
  readonly catalogue: Catalogue;
  readonly generations: Generations;
  readonly board: StageBoard;
  readonly ledger: FreshnessLedger;
  readonly freshness: FreshnessBoard;
  /** What is known to be wrong, seen from this process. */
  readonly troubles: () => Troubles;
  readonly replayer: Replayer;
  readonly clock: Clock;
  readonly sources: ReadonlyMap<SourceName, ServedSource>;
  readonly tenantsRequired: boolean;
  readonly restrictions: LateRestrictions;
  readonly plan: () => Promise<Omit<PlanReport, "building">>;
  readonly apply: () => Promise<void>;
  readonly embedQueued: () => number;
  /** Here or wherever audits run. */
  readonly audit: (request: AuditRequest) => Promise<readonly AuditCertificate[]>;
  readonly backup: (path: string) => Promise<{ readonly path: string; readonly bytes: number }>;
  readonly doctor: () => Promise<readonly DoctorFinding[]>;
  readonly sentinels: (options: { readonly now: boolean }) => Promise<SentinelReport>;
  readonly costs: () => Promise<CostReport>;
  readonly observeSearch: (part: "embed" | "index" | "total", ms: number) => void;
  readonly observeIncomplete: (reason: string) => void;
  /** Chunks a revision again in the active generation. */
  readonly rechunk: (mutation: UpsertMutation) => Promise<void>;
  /** Accepts a document's suspicious extraction the next time. */
  readonly accept: (ids: readonly DocumentId[]) => Promise<void>;
}

export class TidemarkService implements Operations {
  readonly #options: ServiceOptions;
  readonly #desk: DeadLetterDesk;
  readonly #reports: StateReports;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#reports = new StateReports(options);
    this.#desk = new DeadLetterDesk(options);
  }

  async search(request: SearchRequest): Promise<SearchResponse> {
    const { clock, index, observeSearch } = this.#options;
    const beganAtMs = clock.nowMs();
    const prepared = await prepareSearch(this.#options, request);
    const { after, embedMs, line, scope, search } = prepared;
    const searchAtMs = clock.nowMs();
    const found = await searchIndex(index, search);
    const endMs = clock.nowMs();
    observeSearch("embed", embedMs);
    observeSearch("index", endMs - searchAtMs);
    observeSearch("total", endMs - beganAtMs);
    if (found.incompleteReason !== null) this.#options.observeIncomplete(found.incompleteReason);
    const completeUpTo = scope.map(({ name }) => ({
      source: name,
      completeUpToMs: line.completeUpToMs(name),
    }));
    const times = completeUpTo.map((each) => each.completeUpToMs);
    return {
      results: found.hits,
      complete: found.complete,
      incompleteReason: found.incompleteReason,
      completeUpToMs: times.some((time) => time === null)
        ? null
        : Math.min(...(times as readonly number[])),
      completeUpTo,
      generation: search.generation.id,
      after,
      restrictionsLate: prepared.restrictionsLate(endMs),
    };
  }

  async put(
    source: SourceName,
    documents: readonly PushedDocument[],
  ): Promise<readonly Accepted[]> {
    const { clock, log } = this.#options;
    const served = this.#source(source);
    return pushTo(served, async (target) => {
      const without = documents.find(({ tenant }) => tenant === null);
      if (without && served.defaultTenant === null) {
        throw new RequestError(
          400,
          "tenant-required",
          `document ${JSON.stringify(without.key)}: name its tenant, or "*" for every tenant`,
        );
      }
      return pushDocuments(log, clock, target, documents);
    });
  }

  async patch(
    source: SourceName,
    key: string,
    facet: { readonly metadata: Metadata } | { readonly permissions: Permissions },
    origin: WriteOrigin = { trace: null },
  ): Promise<Accepted> {
    await refuseUnwritten(this.#options, this.#source(source), key);
    const { clock, log } = this.#options;
    return pushTo(this.#source(source), (target) =>
      pushFacet(log, clock, target, { key, ...origin }, facet),
    );
  }

  async remove(
    source: SourceName,
    key: string,
    origin: WriteOrigin = { trace: null },
  ): Promise<Accepted> {
    const { clock, log } = this.#options;
    return pushTo(this.#source(source), (target) =>
      pushDelete(log, clock, target, { key, ...origin }),
    );
  }

  async document(source: SourceName, key: string): Promise<DocumentView> {
    this.#source(source);
    const documentId = `${source}/${key}` as DocumentId;
    const { index, generations } = this.#options;
    const [manifest] = await index.manifests(generations.active.id, [documentId]);
    return {
      documentId,
      standing: manifest ? standingOf(manifest) : "unknown",
      manifest: manifest ?? null,
    };
  }

  async why(id: DocumentId, asker: Asker | null): Promise<WhyReport> {
    const { history, index, generations, sources } = this.#options;
    const source = sources.get(sourceOf(id));
    const [manifest] = await index.manifests(generations.active.id, [id]);
    const letters = await this.#desk.list();
    const inSource = await stateIn(source?.from ?? null, keyOf(id));
    return explainDocument({
      id,
      generation: generations.active.id,
      manifest,
      history,
      deadLetters: letters.filter((letter) => letter.documentId === id),
      asker,
      inSource,
      isHeld: (source?.line?.held.count ?? 0) > 0 && inSource === "gone",
    });
  }

  whySearch({ search: request, ...asked }: SearchWhyRequest): Promise<SearchWhyReport> {
    const deadLetters = () => this.#desk.list();
    return explainSearch({ ...this.#options, deadLetters }, request, asked);
  }

  freshness(): Promise<FreshnessReport> {
    return this.#reports.freshness();
  }

  async status(): Promise<StatusReport> {
    const deadLetters = (await this.#desk.list()).length;
    return this.#reports.status(deadLetters);
  }

  async plan(): Promise<PlanReport> {
    const { generations } = this.#options;
    const { building } = generations;
    return {
      ...(await this.#options.plan()),
      building: building && {
        generation: building.id,
        share: await generations.progress(building.id),
      },
    };
  }

  async apply(): Promise<PlanReport> {
    const plan = await this.plan();
    if (plan.needed) await this.#options.apply();
    return this.plan();
  }

  async replay(request: ReplayRequest): Promise<ReplayReport> {
    if (request.source) this.#source(request.source);
    return this.#options.replayer.replay(request);
  }

  replays(): Promise<readonly ReplayView[]> {
    return this.#options.replayer.list();
  }

  changeReplay(id: string, change: ReplayChange): Promise<ReplayView> {
    return this.#options.replayer.change(id, change);
  }

  async reconcile(
    source: SourceName | null,
    options: { readonly confirm: number | null },
  ): Promise<readonly ReconcileReport[]> {
    const chosen = source ? [this.#source(source)] : [...this.#options.sources.values()];
    const reports: ReconcileReport[] = [];
    for (const { name, line } of chosen) {
      if (line) reports.push(await line.reconcile(options));
      else if (source) {
        throw new RequestError(
          400,
          "not-listable",
          `source ${name} is pushed: its log is its only copy, and there is nothing to compare`,
        );
      }
    }
    return reports;
  }

  async audit(request: AuditRequest): Promise<readonly AuditCertificate[]> {
    if (request.source) this.#source(request.source);
    const certificates = await this.#options.audit(request);
    await this.#options.catalogue.refresh();
    return certificates;
  }

  async audits(): Promise<readonly AuditCertificate[]> {
    await this.#options.catalogue.refresh();
    return this.#options.catalogue.audits;
  }

  async rehearsals(): Promise<readonly Rehearsal[]> {
    await this.#options.catalogue.refresh();
    return this.#options.catalogue.rehearsals;
  }

  noteRehearsal(rehearsal: Rehearsal): Promise<void> {
    return this.#options.catalogue.putRehearsal(rehearsal);
  }

  deadLetters(): Promise<readonly DeadLetterView[]> {
    return this.#desk.list();
  }

  retryDeadLetters(
    ids: readonly string[] | null,
    options: { readonly force: boolean },
  ): Promise<number> {
    return this.#desk.retry(ids, options);
  }

  dropDeadLetters(ids: readonly string[]): Promise<number> {
    return this.#desk.drop(ids);
  }

  backup(path: string): Promise<{ readonly path: string; readonly bytes: number }> {
    return this.#options.backup(path);
  }

  doctor(): Promise<readonly DoctorFinding[]> {
    return this.#options.doctor();
  }

  costs(): Promise<CostReport> {
    return this.#options.costs();
  }

  sentinels(options: { readonly now: boolean }): Promise<SentinelReport> {
    return this.#options.sentinels(options);
  }

  #source(name: SourceName): ServedSource {
    return sourceNamed(this.#options.sources, name);
  }
}
