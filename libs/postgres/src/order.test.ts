import { decideOrder, type Order } from "./order.ts";
import { freshState, type ReaderState } from "./reader-state.ts";
import type { SlotFacts } from "./slot.ts";

const state = (changed: Partial<ReaderState> = {}): ReaderState => ({
  ...freshState("tidemark@0/64", 100),
  ...changed,
});
const slot = (changed: Partial<SlotFacts> = {}): SlotFacts => ({
  isLost: false,
  confirmedLsn: 100,
  keptBytes: 0,
  ...changed,
});

test.each<[string, ReaderState | null, SlotFacts | null, number, Order["kind"], string]>([
  ["there is no slot, and nothing is remembered", null, null, 500, "new", "create"],
  ["the slot is gone", state(), null, 500, "new", "create"],
  ["the slot was invalidated", state(), slot({ isLost: true }), 500, "new", "replace"],
  ["a slot is there and nothing is remembered", null, slot(), 500, "new", "keep"],
  ["the slot must not be read on", state({ abandoned: "too far" }), slot(), 500, "new", "replace"],
  ["the WAL ends before what was read", state(), slot({ confirmedLsn: 50 }), 99, "new", "keep"],
  ["another has confirmed more", state(), slot({ confirmedLsn: 101 }), 500, "new", "keep"],
  ["the slot is where it was left", state(), slot(), 500, "same", ""],
  // A server that crashes forgets the last confirmations: it sends again what was sent.
  ["the slot has forgotten a confirmation", state(), slot({ confirmedLsn: 50 }), 500, "same", ""],
])("when %s", (_, remembered, facts, endLsn, kind, what) => {
  const order = decideOrder(remembered, { slot: facts, endLsn });

  expect(order.kind).toBe(kind);
  if (order.kind === "new") expect(order.slot).toBe(what);
});
