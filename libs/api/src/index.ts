export type { Access, HealthParts, ServerOptions, ServerParts } from "./api-app.ts";
export { createKey, hashKey, keyRecordSchema, scopes } from "./auth/key-record.ts";
export type { KeyRecord, Scope } from "./auth/key-record.ts";
export { listeningOf, mayListen, type ListeningDecision } from "./auth/listening.ts";
export { parseKeys } from "./auth/parse-keys.ts";
export { createHealthServer, createStartingServer } from "./create-health-server.ts";
export { createServer } from "./create-server.ts";
export type { LineAnswer } from "./ndjson/bulk-write.ts";
export type { Problem } from "./problem.ts";
export type { AcceptedWire } from "./wire/accepted.ts";
export type { CostsWire } from "./wire/costs-wire.ts";
export type { DeadLetterWire } from "./wire/dead-letter-wire.ts";
export type { FreshnessWire, SourceFreshnessWire } from "./wire/freshness-wire.ts";
export type { ManifestWire } from "./wire/manifest-wire.ts";
export type {
  BackupWire,
  DoctorWire,
  PlanWire,
  ReconcileWire,
  ReplaysWire,
  ReplayViewWire,
  ReplayWire,
  StatusWire,
} from "./wire/operator-wire.ts";
export type { AuditWire } from "./wire/audit-wire.ts";
export type { RehearsalsWire, RehearsalWire } from "./wire/rehearsal-wire.ts";
export type { SearchHitWire, SearchResponseWire } from "./wire/search-response.ts";
export type { SearchWhyWire } from "./wire/search-why-wire.ts";
export type { SentinelsWire } from "./wire/sentinels-wire.ts";
export type { WhyWire } from "./wire/why-wire.ts";
