/** For tests: answers of a process, complete, of which a test changes what it is about. */
import type {
  FreshnessWire,
  PlanWire,
  ReplayViewWire,
  SearchHitWire,
  SearchResponseWire,
  SearchWhyWire,
  SourceFreshnessWire,
  StatusWire,
  WhyWire,
} from "@tidemark/api";

const at = "2026-01-02T03:04:04.600Z";
const revision = { epoch: 1, position: 2 };

export function aHit(changes: Partial<SearchHitWire> = {}): SearchHitWire {
  return {
    documentId: "files/deletes.md",
    source: "files",
    key: "deletes.md",
    score: 0.7149,
    title: "Deletes",
    heading: ["Tombstones"],
    ordinal: 3,
    chunkCount: 8,
    snippet: "A late event for a deleted page must meet its tombstone.",
    text: "A late event for a deleted page must meet its tombstone.",
    metadata: {},
    tenant: "*",
    revision,
    seenRevision: revision,
    stale: false,
    contentHash: "c",
    chunkId: "k",
    fingerprint: "f",
    model: "minilm",
    dimension: 384,
    chunker: "structure",
    metadataSchemaVersion: 1,
    generation: "g1",
    createdAt: at,
    updatedAt: at,
    embeddedAt: at,
    sourceTime: at,
    ...changes,
  };
}

export function aSearchResponse(changes: Partial<SearchResponseWire> = {}): SearchResponseWire {
  return {
    results: [aHit()],
    complete: true,
    incompleteReason: null,
    completeUpTo: at,
    sources: [],
    generation: "g1",
    after: [],
    restrictionsLate: false,
    ...changes,
  };
}

export function aSource(changes: Partial<SourceFreshnessWire> = {}): SourceFreshnessWire {
  return {
    source: "files",
    kind: "folder",
    documents: 42,
    searchable: 42,
    chunks: 318,
    pending: 0,
    oldestPending: null,
    held: 0,
    blocked: 0,
    failed: 0,
    completeUpTo: at,
    heardUpTo: null,
    observedUpTo: at,
    lagMs: 400,
    p50Ms: 300,
    p99Ms: 900,
    objective: { share: 0.99, withinMs: 60_000, met: 1 },
    pendingChanges: null,
    tenants: [],
    embeddingAge: null,
    probe: null,
    verdict: "met",
    ...changes,
  };
}

type PendingChangesWire = NonNullable<SourceFreshnessWire["pendingChanges"]>;

export function pendingChanges(changes: Partial<PendingChangesWire> = {}): PendingChangesWire {
  return {
    pending: 0,
    late: 0,
    oldest: null,
    stages: { observe: 0, queue: 0, chunk: 0, embed: 0, write: 0, visible: 0 },
    tenants: [],
    objectives: [],
    ...changes,
  };
}

export function anObjective(
  changes: Partial<PendingChangesWire["objectives"][number]> = {},
): PendingChangesWire["objectives"][number] {
  return {
    kind: "change",
    tenant: null,
    objective: { share: 0.99, withinMs: 60_000 },
    overMs: 30 * 24 * 3_600_000,
    good: 100,
    late: 0,
    ratio: 1,
    budgetLeft: 1,
    burn: { "5m": 0, "30m": 0, "1h": 0, "6h": 0, "3d": 0 },
    alert: null,
    ...changes,
  };
}

export function aFreshness(changes: Partial<FreshnessWire> = {}): FreshnessWire {
  return {
    at,
    verdict: "met",
    sources: [aSource()],
    restrictionLagMs: null,
    troubles: [],
    ...changes,
  };
}

export function aStatus(changes: Partial<StatusWire> = {}): StatusWire {
  return {
    version: "0.1.0",
    startedAt: "2026-01-02T02:04:05.000Z",
    dataDirectory: "/data",
    generations: [aGeneration({ state: "active", progress: null })],
    sources: [aSource()],
    stages: [{ stage: "chunker", generation: "g1", waiting: 1200, state: "running" }],
    deadLetters: 0,
    embedder: { model: "minilm", queued: 0 },
    problems: [],
    audits: [],
    rehearsals: [],
    ...changes,
  };
}

export function aGeneration(changes: Partial<StatusWire["generations"][number]> = {}) {
  return {
    id: "g1",
    state: "building",
    fingerprint: "f",
    model: "minilm",
    dimension: 384,
    chunker: "structure",
    progress: 0,
    ...changes,
  };
}

export function aReplay(changes: Partial<ReplayViewWire> = {}): ReplayViewWire {
  return {
    id: "r1",
    generation: "g1",
    source: "files",
    document: null,
    since: null,
    force: false,
    state: "running",
    perSecond: null,
    startedAt: "2026-01-02T03:00:00.000Z",
    endedAt: null,
    share: 0.25,
    documents: 8,
    documentsDone: 2,
    leftMs: null,
    ...changes,
  };
}

export function aPlan(changes: Partial<PlanWire> = {}): PlanWire {
  return {
    needed: true,
    current: "g1",
    currentFingerprint: "f1",
    wantedFingerprint: "f2",
    changes: [{ what: "model", from: "minilm", to: "text-embedding-3-small" }],
    documents: 42,
    chunks: 318,
    tokens: 41_000,
    bytes: 1_953_000,
    price: { amount: 0.00082, currency: "USD" },
    minutes: 1.5,
    building: null,
    ...changes,
  };
}

export function aWhy(changes: Partial<WhyWire> = {}): WhyWire {
  const policy = { tenant: "*", permissions: "public" as const };
  return {
    documentId: "files/deletes.md",
    standing: "searchable",
    explanation: "revision 1.2 is searchable",
    generation: "g1",
    manifest: {
      seen: {
        revision,
        deleted: false,
        archived: false,
        policy,
        metadata: {},
        contentHash: "c",
        sourceTime: at,
        observedAt: at,
        seenAt: at,
      },
      indexed: {
        revision,
        policy,
        contentHash: "c",
        fingerprint: "f",
        chunks: 8,
        failedChunks: 0,
        title: "Deletes",
        characters: 4000,
        sourceTime: at,
        createdAt: at,
        updatedAt: at,
        embeddedAt: at,
      },
      failure: null,
    },
    receipts: [
      {
        documentId: "files/deletes.md",
        source: "files",
        tenant: "*",
        generation: "g1",
        stage: "upserter",
        outcome: "indexed",
        reason: "change",
        revision,
        change: "content",
        sourceTime: "2026-01-02T03:04:04.100Z",
        observedAt: "2026-01-02T03:04:04.200Z",
        at: "2026-01-02T03:04:04.500Z",
        timings: { queueMs: 20, embedMs: 250 },
        chunks: { kept: 7, reused: 0, embedded: 1, removed: 1, failed: 0 },
        tokens: 30,
        tokensSaved: 900,
        cost: 0,
        trace: null,
      },
    ],
    mutations: [{ revision, kind: "upsert", reason: "change", observedAt: at, offset: 1 }],
    deadLetters: [],
    ...changes,
  };
}

export function aSearchWhy(changes: Partial<SearchWhyWire> = {}): SearchWhyWire {
  return {
    documentId: "files/deletes.md",
    generation: "g1",
    step: "rank",
    reason: "limit",
    explanation: "it is at rank 12 of the 10 asked for, with 0.400; the last that got in has 0.500",
    fix: "ask for 12 or more (--limit), or narrow what is searched (--filter, --source)",
    revision: { seen: revision, indexed: revision },
    placing: { rank: 12, limit: 10, score: 0.4, lastScore: 0.5, bestScore: 0.9 },
    unmet: null,
    nearest: {
      ordinal: 3,
      chunks: 8,
      score: 0.4,
      heading: ["Tombstones"],
      text: "A late event for a deleted page must meet its tombstone.",
    },
    waiting: null,
    hints: [],
    ...changes,
  };
}
