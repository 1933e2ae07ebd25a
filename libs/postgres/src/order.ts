/** Whether the order that positions hang on is the one that it was. */
import { formatLsn } from "./lsn.ts";
import type { ReaderState } from "./reader-state.ts";
import type { SlotFacts } from "./slot.ts";

export type Order =
  | { readonly kind: "same" }
  /** The source begins a new epoch; with the slot that is there, or with one that is made now. */
  | { readonly kind: "new"; readonly why: string; readonly slot: "keep" | "create" | "replace" };

/**
 *   the slot                          what is remembered          the order is
 *   is not there                      anything                    new: it is made
 *   was invalidated, is not ours      anything                    new: it is made again
 *   is there                          that it must not be read    new: it is made again
 *   is there                          nothing                     new: it is taken as it is
 *   was confirmed past all we did     less                        new: another reader, another slot
 *   is there; the WAL ends before     more                        new: an earlier state was restored
 *   else                                                          the same
 */
export function decideOrder(
  state: ReaderState | null,
  { endLsn, slot }: { readonly slot: SlotFacts | null; readonly endLsn: number },
): Order {
  if (!slot)
    return { kind: "new", slot: "create", why: state ? "the slot was lost" : "first start" };
  if (slot.isLost) {
    return {
      kind: "new",
      slot: "replace",
      why: "the slot was invalidated: the WAL it needs is gone",
    };
  }
  if (!state) return { kind: "new", slot: "keep", why: "first start" };
  if (state.abandoned !== null) return { kind: "new", slot: "replace", why: state.abandoned };
  if (endLsn < state.confirmedLsn) {
    const why = `the WAL ends at ${formatLsn(endLsn)}, before ${formatLsn(state.confirmedLsn)}, where it was read: an earlier state was restored`;
    return { kind: "new", slot: "keep", why };
  }
  if (slot.confirmedLsn > state.confirmedLsn) {
    const why = `the slot was confirmed at ${formatLsn(slot.confirmedLsn)} by another than this source`;
    return { kind: "new", slot: "keep", why };
  }
  return { kind: "same" };
}
