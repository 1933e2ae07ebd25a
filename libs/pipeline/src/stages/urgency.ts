import type { MutationReason } from "@tidemark/domain";
import type { EmbedLane } from "../ports/embedder.ts";
import type { Urgency } from "../run-stage/ready-queue.ts";

/** Content: what changed now goes before what a scan found, and that before whole copies. */
export function urgencyOf(reason: MutationReason): Urgency {
  switch (reason) {
    case "change":
    case "repair":
      return 1;
    case "reconcile":
      return 2;
    case "snapshot":
    case "replay":
      return 3;
  }
}

/** Live changes of the active generation come before those of one being built. */
export function laneOf(reason: MutationReason, isActive: boolean): EmbedLane {
  if (urgencyOf(reason) >= 2) return "backfill";
  return isActive ? "live" : "liveOther";
}
