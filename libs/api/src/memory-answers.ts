/** For tests: what the answers from a map are like. */
import {
  documentId,
  noDigests,
  type AuditCertificate,
  type DocumentId,
  type GenerationId,
  type SourceName,
} from "@tidemark/domain";
import type {
  PushedDocument,
  ReplayView,
  SearchHit,
  SearchWhyReport,
  SourceFreshness,
} from "@tidemark/pipeline";

export const memoryNowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
export const generation = "g1" as GenerationId;

export function aHit(id: DocumentId, body: PushedDocument): SearchHit {
  const text = "text" in body.content ? body.content.text : body.content.base64;
  const revision = { epoch: 1, position: 1 };
  return {
    documentId: id,
    source: "app" as SourceName,
    key: body.key,
    score: 0.71,
    title: null,
    heading: ["Guide", "Setup"],
    ordinal: 0,
    chunkCount: 1,
    text,
    snippet: text.slice(0, 80),
    metadata: body.metadata,
    tenant: body.tenant ?? "*",
    revision,
    seenRevision: revision,
    stale: false,
    contentHash: "c1",
    chunkId: "chunk",
    fingerprint: "f1",
    model: "minilm",
    dimension: 384,
    chunker: "structure-1",
    metadataSchemaVersion: 1,
    generation,
    createdAtMs: memoryNowMs,
    updatedAtMs: memoryNowMs,
    embeddedAtMs: memoryNowMs,
    sourceTimeMs: body.sourceTimeMs,
  };
}

/** Every part of it filled, though no document is lost in all these ways. */
export function aSearchWhy(documentId: DocumentId): SearchWhyReport {
  return {
    documentId,
    generation,
    step: "filter",
    reason: "condition",
    explanation: "the filter asks for area",
    fix: "leave it out",
    revision: { seen: { epoch: 1, position: 2 }, indexed: { epoch: 1, position: 1 } },
    placing: { rank: 12, limit: 10, score: 0.4, lastScore: 0.5, bestScore: 0.9 },
    unmet: { field: "area", condition: { not: ["it", "hr"] }, value: ["hr", 5] },
    nearest: { ordinal: 3, chunks: 8, score: 0.4, heading: ["Guide"], text: "start the pump" },
    waiting: {
      stage: "embed",
      waitsFor: "embedder",
      trouble: "no answer",
      sinceMs: memoryNowMs - 1_000,
    },
    hints: ["a newer revision is on its way"],
  };
}

export function aCertificate(source: SourceName): AuditCertificate {
  return {
    v: 1,
    source,
    generation,
    fingerprint: "f1",
    configHash: "c1",
    beganAtMs: memoryNowMs,
    endedAtMs: memoryNowMs,
    verdict: "clean",
    isListed: false,
    why: "it has no listing, or none that this process can read",
    listed: 0,
    logged: 42,
    manifests: 42,
    points: 318,
    digests: noDigests,
    rangesCompared: 2,
    documentsRead: 0,
    sampled: 42,
    changed: 0,
    undecided: 0,
    faults: {
      missing: 0,
      orphan: 0,
      stale: 0,
      fingerprint: 0,
      permissions: 0,
      duplicate: 0,
    },
    faulty: 0,
    examples: [],
    setAside: { documents: 0, examples: [] },
    repair: null,
  };
}

export function aReplay(): ReplayView {
  return {
    id: "r1",
    generation,
    source: "app" as SourceName,
    document: null,
    sinceMs: memoryNowMs,
    force: false,
    state: "running",
    perSecond: null,
    startedAtMs: memoryNowMs,
    endedAtMs: null,
    share: 0.25,
    documents: 8,
    documentsDone: 2,
    leftMs: 3_000,
  };
}

function aPendingChange(source: string): SourceFreshness["pendingChanges"] {
  const sinceMs = memoryNowMs - 1_000;
  return {
    pending: 1,
    late: 0,
    oldest: {
      documentId: documentId(source as SourceName, "a.md"),
      tenant: "acme",
      kind: "change",
      sinceMs,
      stage: "embed",
      waitsFor: "embedder",
      trouble: "no answer",
    },
    stages: { observe: 0, queue: 0, chunk: 0, embed: 1, write: 0, visible: 0 },
    tenants: ["acme", "other"].map((tenant) => ({ tenant, pending: 1, sinceMs })),
    objectives: [],
  };
}

function aProbe(source: string): SourceFreshness["probe"] {
  return {
    documentId: documentId(source as SourceName, "tidemark-probe.md"),
    outcome: "unwritable",
    atMs: memoryNowMs,
    writtenAtMs: memoryNowMs,
    lagMs: null,
    hiddenMs: null,
    reason: "EROFS",
    everyMs: 60_000,
    withinMs: 60_000,
  };
}

export function aSourceFreshness(source: string): SourceFreshness {
  return {
    source: source as SourceName,
    kind: "push",
    documents: 42,
    searchable: 42,
    chunks: 318,
    pending: 0,
    oldestPendingMs: null,
    held: 0,
    blocked: 0,
    failed: 0,
    completeUpToMs: memoryNowMs,
    heardUpToMs: null,
    observedUpToMs: memoryNowMs,
    lagMs: 400,
    p50Ms: 300,
    p99Ms: 900,
    objective: { share: 0.99, withinMs: 60_000, met: 1 },
    pendingChanges: aPendingChange(source),
    tenants: ["acme", "other"].map((tenant) => ({
      tenant,
      completeUpToMs: memoryNowMs - 1_000,
      lagMs: 1_000,
    })),
    embeddingAge: {
      atMs: memoryNowMs,
      points: 318,
      p50Ms: 3_600_000,
      p90Ms: 7_200_000,
      p99Ms: 86_400_000,
      oldestMs: 172_800_000,
    },
    probe: aProbe(source),
    verdict: "met",
  };
}
