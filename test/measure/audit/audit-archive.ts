/** One audit of the archive, without repair and without a sample of vectors. */
import type { AuditCertificate, Token } from "@tidemark/domain";
import {
  Auditor,
  chunkerGroup,
  mutationsTopic,
  restrictorGroup,
  type AuditedIndex,
  type EventLog,
  type VectorIndex,
} from "@tidemark/pipeline";
import { SqliteAuditSpool } from "@tidemark/sqlite";
import { generation, servedArchive, source, type Archive } from "./archive.ts";

export const clock = {
  nowMs: () => Date.now(),
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
};
const silent = () => {};

export interface Audited {
  readonly certificate: AuditCertificate;
  readonly tookMs: number;
}

export async function auditArchive(
  archive: Archive,
  log: EventLog,
  index: VectorIndex & AuditedIndex,
): Promise<Audited> {
  const beganAtMs = performance.now();
  const auditor = new Auditor({
    log,
    index,
    clock,
    chance: Math.random,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    sources: new Map([[source, servedArchive(archive)]]),
    generation: () => generation,
    embedder: () => null,
    completeUpToMs: () => Date.now(),
    openSpool: () => SqliteAuditSpool.open(),
    configHash: "measured",
    settleMs: 60_000,
    sampleDefault: 0,
    repairsPerSecond: 1,
    rechunk: async () => {},
    cut: async () => null,
    token: () => "auditor" as Token,
    health: async () => ({ troubles: [], deadLetters: 0, late: [] }),
    keep: async () => {},
  });
  const asked = { source: null, sample: 0, repair: null };
  const [certificate] = await auditor.audit(asked, new AbortController().signal);
  if (!certificate) throw new Error("the audit came without a certificate");
  return { certificate, tookMs: performance.now() - beganAtMs };
}

/** As if both groups had handled all that the log holds. */
export async function passAll(log: EventLog): Promise<void> {
  for (const group of [restrictorGroup(generation.id), chunkerGroup(generation.id)]) {
    await using consumer = await log.consumer(mutationsTopic, group);
    for (const { end, partition } of await log.ranges(mutationsTopic)) {
      await consumer.acknowledge(partition, end);
    }
  }
}

/** @returns what is not as it should be; empty when all of it was audited and found clean */
export function problemsOf(archive: Archive, { certificate }: Audited): readonly string[] {
  const { documentsRead, manifests, points, verdict } = certificate;
  const expected = archive.documents * archive.chunks;
  return [
    ...(verdict === "clean" ? [] : [`the verdict is ${verdict}`]),
    ...(manifests === archive.documents ? [] : [`${manifests} manifests were read`]),
    ...(points === expected ? [] : [`${points} points were read`]),
    ...(documentsRead === 0 ? [] : [`${documentsRead} documents were read in full`]),
  ];
}

export function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
