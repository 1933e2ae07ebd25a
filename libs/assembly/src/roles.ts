/**
 * What a process does of the whole. One process does all of it; a service has one role, and a role
 * may be had by any number of processes but for `ingest`, `connect` and `keep`, which decide.
 */
import type { Keeper, LineStage, ProcessReports } from "@tidemark/pipeline";

export const roles = ["ingest", "connect", "restrict", "chunk", "upsert", "keep", "ask"] as const;
export type Role = (typeof roles)[number];

/** The services of the distributed shape, and what each does. */
export const roleOfService = {
  ingestor: "ingest",
  connector: "connect",
  restrictor: "restrict",
  chunker: "chunk",
  upserter: "upsert",
  freshness: "keep",
  gateway: "ask",
} as const satisfies Readonly<Record<string, Role>>;

export type ServiceName = keyof typeof roleOfService;

const stageOfRole: Partial<Record<Role, LineStage>> = {
  restrict: "restrictor",
  chunk: "chunker",
  upsert: "upserter",
};

/** The stages of a generation's line that a process with these roles runs. */
export function stagesOf(own: ReadonlySet<Role>): ReadonlySet<LineStage> {
  return new Set([...own].flatMap((role) => stageOfRole[role] ?? []));
}

/** A restrictor must run whatever becomes of the embedder, and the ingestor never counts a token. */
export function needsEmbedder(own: ReadonlySet<Role>): boolean {
  return ["chunk", "upsert", "keep", "ask"].some((role) => own.has(role as Role));
}

/** Who keeps generations, measures and audits, for those that ask it. */
export function keeperOf({ reports }: { readonly reports: ProcessReports }): Keeper {
  const service: ServiceName = "freshness";
  return () => reports.instanceOf(service);
}
