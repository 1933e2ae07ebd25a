/** One event of one object, whatever envelope it came in. */
import type { ToldKey } from "@tidemark/pipeline";

export interface ObjectEvent {
  readonly bucket: string;
  readonly key: string;
  readonly expects: ToldKey["expects"];
  readonly atMs: number | null;
  /** Orders the writes and deletions of a key; null for everything else. */
  readonly sequencer: string | null;
}

/**
 * What an event's name says of the object; null when nothing that is read changes by it.
 *
 *   name                                                     expects
 *   ObjectCreated:…, ObjectRestore:…                         present
 *   LifecycleTransition, IntelligentTiering                  present
 *   ObjectTagging:…                                          policy: such are read first
 *   ObjectRemoved:…, LifecycleExpiration:…                   absent: such are read first
 *   Replication:…, ObjectAcl:…, ObjectAnnotation:…           null
 *   any other                                                unknown
 */
export function expectationOf(name: string): ToldKey["expects"] | null {
  const [family = ""] = name.replace(/^s3:/u, "").split(":", 1);
  return families.get(family) ?? (irrelevantFamilies.has(family) ? null : "unknown");
}

const families: ReadonlyMap<string, ToldKey["expects"]> = new Map([
  ["ObjectCreated", "present"],
  ["ObjectTagging", "policy"],
  ["ObjectRestore", "present"],
  ["LifecycleTransition", "present"],
  ["IntelligentTiering", "present"],
  ["ObjectRemoved", "absent"],
  ["LifecycleExpiration", "absent"],
]);
const irrelevantFamilies = new Set(["Replication", "ObjectAcl", "ObjectAnnotation"]);

/** The same for the names that EventBridge gives. */
export function expectationOfDetail(detailType: string): ToldKey["expects"] | null {
  if (detailType === "Object ACL Updated") return null;
  if (detailType === "Object Deleted") return "absent";
  if (detailType === "Object Tags Added" || detailType === "Object Tags Deleted") return "policy";
  return presentDetails.has(detailType) ? "present" : "unknown";
}

const presentDetails = new Set([
  "Object Created",
  "Object Restore Initiated",
  "Object Restore Completed",
  "Object Restore Expired",
  "Object Storage Class Changed",
  "Object Access Tier Changed",
]);
