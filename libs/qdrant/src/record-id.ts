/** Ids of records that are no points: derived from what they are about, and never a point's. */
import { sha256Hex, type DocumentId, type GenerationId } from "@tidemark/domain";
import type { Progress } from "@tidemark/pipeline";

export function manifestRecordId(generation: GenerationId, documentId: DocumentId): string {
  return recordId("manifest", generation, documentId);
}

export function progressRecordId({ topic, group, partition }: Omit<Progress, "offset">): string {
  return recordId("progress", topic, group, String(partition));
}

export function generationRecordId(generation: GenerationId): string {
  return recordId("generation", generation);
}

export function probeRecordId(name: string): string {
  return recordId("probe", name);
}

/** Version 8 of RFC 9562: a UUID whose bits are the application's own. */
function recordId(kind: string, ...parts: readonly string[]): string {
  const hex = sha256Hex(kind, ...parts);
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const groups = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return groups.join("-");
}
