/** For tests: what Tidemark can be asked, answered from a map. */
import {
  documentId,
  type Asker,
  type AuditCertificate,
  type DocumentId,
  type Manifest,
  type Metadata,
  type Permissions,
  type Rehearsal,
  type SourceName,
  type Token,
} from "@tidemark/domain";
import {
  RequestError,
  type Accepted,
  type CostReport,
  type AuditRequest,
  type DeadLetterView,
  type FreshnessReport,
  type Operations,
  type PlanReport,
  type PushedDocument,
  type ReplayChange,
  type ReplayRequest,
  type ReplayView,
  type SearchRequest,
  type SearchResponse,
  type SearchWhyReport,
  type SearchWhyRequest,
  type SentinelReport,
  type StatusReport,
  type WhyReport,
} from "@tidemark/pipeline";
import {
  generation,
  memoryNowMs,
  aSearchWhy,
  aHit,
  aCertificate,
  aReplay,
  aSourceFreshness,
} from "./memory-answers.ts";

export { memoryNowMs };

export class MemoryOperations implements Operations {
  /** Thrown by every write until it is taken away. */
  failing: Error | null = null;
  /** Runs within every search. */
  searching: (request: SearchRequest) => Promise<void> = async () => {};
  readonly searches: SearchRequest[] = [];
  readonly whys: SearchWhyRequest[] = [];
  readonly replayed: ReplayRequest[] = [];
  readonly rehearsed: Rehearsal[] = [];
  readonly replayChanges: (readonly [id: string, change: ReplayChange])[] = [];
  readonly askers: (Asker | null)[] = [];
  /** Documents of each put, in the order of the calls. */
  readonly puts: (readonly PushedDocument[])[] = [];
  readonly documents = new Map<DocumentId, { body: PushedDocument | null; position: number }>();
  #position = 0;

  async search(request: SearchRequest): Promise<SearchResponse> {
    this.searches.push(request);
    await this.searching(request);
    const results = [...this.documents]
      .flatMap(([id, { body }]) => (body ? [aHit(id, body)] : []))
      .filter(({ text }) => text.includes(request.query))
      .slice(0, request.limit);
    return {
      results,
      complete: true,
      incompleteReason: null,
      completeUpToMs: memoryNowMs,
      completeUpTo: [{ source: "app" as SourceName, completeUpToMs: memoryNowMs }],
      generation,
      after: request.after.map((token) => ({ ...token, status: "visible", reason: null })),
      restrictionsLate: [],
    };
  }

  async put(
    source: SourceName,
    documents: readonly PushedDocument[],
  ): Promise<readonly Accepted[]> {
    this.#check(source);
    this.puts.push(documents);
    return documents.map((body) => this.#write(documentId(source, body.key), body));
  }

  async patch(
    source: SourceName,
    key: string,
    facet: { readonly metadata: Metadata } | { readonly permissions: Permissions },
  ): Promise<Accepted> {
    this.#check(source);
    const id = documentId(source, key);
    const body = this.documents.get(id)?.body;
    if (!body) throw new RequestError(404, "unknown-document", "no such document");
    return this.#write(id, { ...body, ...facet });
  }

  async remove(source: SourceName, key: string): Promise<Accepted> {
    this.#check(source);
    return this.#write(documentId(source, key), null);
  }

  async document(source: SourceName, key: string) {
    const id = documentId(source, key);
    const manifest = this.#manifestOf(id);
    if (!manifest) return { documentId: id, standing: "unknown" as const, manifest };
    const standing = manifest.seen.deleted ? ("deleted" as const) : ("searchable" as const);
    return { documentId: id, standing, manifest };
  }

  async why(id: DocumentId, asker: Asker | null): Promise<WhyReport> {
    this.askers.push(asker);
    return {
      documentId: id,
      standing: "searchable",
      explanation: "it can be found",
      generation,
      manifest: this.#manifestOf(id),
      receipts: [
        {
          documentId: id,
          source: "app",
          tenant: "*",
          generation: "g1",
          stage: "upserter",
          outcome: "indexed",
          reason: "change",
          revision: { epoch: 1, position: 2 },
          change: "content",
          sourceTimeMs: null,
          observedAtMs: memoryNowMs,
          atMs: memoryNowMs + 400,
          timings: { embed: 12.5 },
          chunks: { kept: 7, reused: 0, embedded: 1, removed: 1, failed: 0 },
          tokens: 40,
          tokensSaved: 900,
          cost: 0,
          trace: null,
        },
      ],
      mutations: [
        {
          revision: { epoch: 1, position: 2 },
          kind: "upsert",
          reason: "change",
          observedAtMs: memoryNowMs,
          offset: 1,
        },
      ],
      deadLetters: await this.deadLetters(),
    };
  }

  async whySearch(request: SearchWhyRequest): Promise<SearchWhyReport> {
    this.whys.push(request);
    return aSearchWhy(request.expected);
  }

  async freshness(): Promise<FreshnessReport> {
    const sources = [aSourceFreshness("app"), aSourceFreshness("files")];
    return { atMs: memoryNowMs, verdict: "met", sources, restrictionLagMs: 3, troubles: [] };
  }

  async status(): Promise<StatusReport> {
    return {
      version: "0.0.0",
      startedAtMs: memoryNowMs,
      dataDirectory: "/data",
      generations: [
        {
          id: generation,
          state: "active",
          fingerprint: "f1",
          model: "minilm",
          dimension: 384,
          chunker: "structure-1",
          progress: null,
        },
      ],
      sources: [aSourceFreshness("app")],
      stages: [{ stage: "chunker", generation: "g1", waiting: 0, state: "running" }],
      deadLetters: 1,
      embedder: { model: "minilm", queued: 0 },
      problems: [],
      audits: [],
      rehearsals: [],
    };
  }

  async plan(): Promise<PlanReport> {
    return {
      needed: true,
      current: generation,
      currentFingerprint: "f1",
      wantedFingerprint: "f2",
      changes: [{ what: "model", from: "minilm", to: "other" }],
      documents: 42,
      chunks: 318,
      tokens: 40_000,
      bytes: 1_000_000,
      price: { amount: 0.02, currency: "USD" },
      minutes: 1,
      building: null,
    };
  }

  apply(): Promise<PlanReport> {
    return this.plan();
  }

  async replay(request: ReplayRequest) {
    this.replayed.push(request);
    const { dryRun } = request;
    const id = dryRun ? null : "r1";
    return { id, generation, dryRun, documents: 1, records: 2, bytes: 300, started: !dryRun };
  }

  async replays(): Promise<readonly ReplayView[]> {
    return [aReplay()];
  }

  async changeReplay(id: string, change: ReplayChange): Promise<ReplayView> {
    if (id !== "r1") throw new RequestError(404, "unknown-replay", `no replay ${id}`);
    this.replayChanges.push([id, change]);
    return { ...aReplay(), ...change };
  }

  async reconcile(source: SourceName | null, { confirm }: { readonly confirm: number | null }) {
    const isApplied = confirm !== null && confirm >= 11;
    return [
      {
        source: source ?? ("app" as SourceName),
        listed: 3,
        missing: 0,
        stale: 0,
        orphaned: 0,
        held: isApplied ? 0 : 11,
        heldReason: isApplied ? null : "11 of 20 documents are gone",
        applied: isApplied ? 11 : 0,
        tookMs: 5,
      },
    ];
  }

  async audit({ repair, source }: AuditRequest): Promise<readonly AuditCertificate[]> {
    const repaired = repair && {
      dryRun: repair.dryRun,
      refused: null,
      documents: 0,
      restated: 0,
      replayed: 0,
      swept: 0,
      left: 0,
    };
    return [{ ...aCertificate(source ?? ("app" as SourceName)), repair: repaired }];
  }

  audits(): Promise<readonly AuditCertificate[]> {
    return this.audit({ source: null, sample: null, repair: null });
  }

  async rehearsals(): Promise<readonly Rehearsal[]> {
    return this.rehearsed;
  }

  async noteRehearsal(rehearsal: Rehearsal): Promise<void> {
    this.rehearsed.push(rehearsal);
  }

  async deadLetters(): Promise<readonly DeadLetterView[]> {
    return [
      {
        id: "d1",
        documentId: "app/bad.pdf",
        stage: "chunker",
        generation: null,
        reason: "size-limit",
        message: "too large",
        attempts: 1,
        atMs: memoryNowMs,
        revision: { epoch: 1, position: 1 },
        chunk: null,
      },
    ];
  }

  async retryDeadLetters(ids: readonly string[] | null): Promise<number> {
    return ids?.length ?? 7;
  }

  async dropDeadLetters(ids: readonly string[]): Promise<number> {
    return ids.filter((id) => id === "d1").length;
  }

  async backup(path: string) {
    return { path, bytes: 4096 };
  }

  async costs(): Promise<CostReport> {
    return {
      sinceMs: memoryNowMs,
      lines: [
        {
          source: "app",
          generation,
          tokens: 1_000,
          cost: 0.02,
          unconfirmed: 0,
          currency: "USD",
          saved: [{ reason: "unchanged", tokens: 9_000, cost: 0.18 }],
        },
      ],
      budgets: [{ embedder: "openai", currency: "USD", perDay: 5, spentToday: 0.02, ratio: 0.004 }],
    };
  }

  async sentinels({ now }: { readonly now: boolean }): Promise<SentinelReport> {
    const [distance, overlap] = now ? [0.0001, 1] : [null, null];
    return {
      everyMs: 3_600_000,
      generations: [
        {
          generation,
          state: "active",
          baselineAtMs: now ? memoryNowMs : null,
          isBaselineLate: false,
          ranAtMs: now ? memoryNowMs : null,
          tookMs: now ? 900 : null,
          sentinels: 140,
          distances: [{ quantile: 1, distance }],
          questions: 24,
          overlap,
          recall: overlap,
          findings: [],
        },
      ],
    };
  }

  async doctor() {
    return [{ check: "disk", verdict: "ok" as const, detail: "12 GB are free", fix: null }];
  }

  #check(source: SourceName): void {
    if (this.failing) throw this.failing;
    if (source !== "app") throw new RequestError(404, "unknown-source", `no source ${source}`);
  }

  #write(id: DocumentId, body: PushedDocument | null): Accepted {
    this.#position += 1;
    this.documents.set(id, { body, position: this.#position });
    return { documentId: id, revision: { epoch: 1, position: this.#position } };
  }

  #manifestOf(id: DocumentId): Manifest | null {
    const written = this.documents.get(id);
    if (!written) return null;
    const { body, position } = written;
    const revision = { epoch: 1, position };
    return {
      documentId: id,
      source: "app" as SourceName,
      token: "t" as Token,
      seen: {
        revision,
        offset: position - 1,
        deleted: body === null,
        archived: body?.archived ?? false,
        policy: {
          tenant: body?.tenant ?? "*",
          permissions: body?.permissions ?? { kind: "unknown" },
        },
        metadata: body?.metadata ?? {},
        contentHash: body ? "c1" : null,
        sourceDigest: null,
        sourceTimeMs: body?.sourceTimeMs ?? null,
        observedAtMs: memoryNowMs,
        seenAtMs: memoryNowMs,
      },
      indexed: null,
      failure: null,
      copied: revision,
    };
  }
}
