export * from "./audit-certificate.ts";
export * from "./audit-classify.ts";
export * from "./audit-facts.ts";
export * from "./audit-ranges.ts";
export * from "./audit-row.ts";
export * from "./chunk-diff.ts";
export {
  CHUNKER_VERSION,
  ChunkLimitError,
  chunkDocument,
  TOKENS_MAX_DEFAULT,
  type Chunk,
  type ChunkerSettings,
} from "./chunk-document.ts";
export * from "./coalesce.ts";
export * from "./embedding-age.ts";
export * from "./error-budget.ts";
export * from "./fingerprint.ts";
export * from "./freshness.ts";
export * from "./generation.ts";
export * from "./hint.ts";
export * from "./hold.ts";
export * from "./ids.ts";
export * from "./manifest-plan.ts";
export * from "./manifest.ts";
export * from "./metadata.ts";
export * from "./mutation.ts";
export * from "./pending-changes.ts";
export * from "./point.ts";
export * from "./policy.ts";
export * from "./probe.ts";
export * from "./progress.ts";
export * from "./receipt.ts";
export * from "./reconcile.ts";
export * from "./rehearsal.ts";
export * from "./revision.ts";
export * from "./runbook-steps.ts";
export * from "./sentinels/diagnosis.ts";
export * from "./sentinels/drift.ts";
export * from "./sentinels/packed-vectors.ts";
export * from "./sentinels/sentinel-texts.ts";
export {
  NORMALIZER_VERSION,
  normalizeString,
  normalizeText,
  type Normalization,
} from "./structured-text-normalize.ts";
export * from "./structured-text.ts";
export * from "./suspicious.ts";
export * from "./tenant-watermark.ts";
export * from "./trace-context.ts";
export * from "./trigger-action.ts";
export * from "./watermark.ts";
export * from "./write-token.ts";
