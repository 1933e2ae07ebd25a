/**
 * The documents that the observer looks at: each says a number that only grows, and what else must
 * hold of it.
 */
import type { PushedPermissions } from "../checker/pushed-document.ts";

/**
 *   kind      over the run                               must hold of every answer
 *   open      edited, public; where keys can change, its does
 *                                                        it is there; what is at a key it has left does
 *                                                        not return
 *   guarded   odd numbers are ann's, even ones public    ann finds it; bob never an odd number
 *   narrowed  public, from some number on ann's alone    once hidden from bob, it stays hidden
 *   doomed    public, deleted at some time for good      once gone, it stays gone
 */
export const gaugeKinds = ["open", "guarded", "narrowed", "doomed"] as const;
export type GaugeKind = (typeof gaugeKinds)[number];

export const gaugesMax = 200;
/** One answer tells of so many. */
const groupSize = 10;
export const groupsMax = gaugesMax / groupSize;
const ann = "user:ann";
const bob = "user:bob";

export const askers = ["ann", "bob"] as const;
export type Asker = (typeof askers)[number];
export const principalsOf: Readonly<Record<Asker, readonly string[]>> = {
  ann: [ann],
  bob: [bob],
};

/** What was written of a gauge last. */
export interface GaugeState {
  readonly reading: number;
  readonly isNarrow: boolean;
  readonly isDeleted: boolean;
  /** How often its key has changed. */
  readonly moves: number;
}

/** A gauge as it is written: `write` numbers all writes, so that two are never the same. */
export type GaugeWrite = Omit<GaugeState, "isDeleted"> & {
  readonly gauge: number;
  readonly write: number;
};

/** The source that gauges are documents of. */
export interface GaugeKeeper {
  readonly source: string;
  /** Whether a gauge can get another key. */
  readonly canMove: boolean;
  keyOf(gauge: number, moves: number): string;
  /** Tries it once; false when it may not have been kept. */
  put(write: GaugeWrite): Promise<boolean>;
  delete(gauge: number): Promise<boolean>;
}

export function kindOf(gauge: number): GaugeKind {
  return gaugeKinds[gauge % gaugeKinds.length] ?? "open";
}

/** What a search asks for, with the filter that leaves the gauges of the group alone. */
export const question = "What does the gauge of the northern dam read?";

export function groupOf(gauge: number): number {
  return gauge % groupsMax;
}

export function gaugesOf(group: number): number[] {
  return Array.from({ length: groupSize }, (_, at) => group + at * groupsMax);
}

/** The number that a text says; null when it is of another gauge. */
export function readingIn(text: string, gauge: number): number | null {
  const found = /Gauge (?<gauge>\d+) of the northern dam reads (?<reading>\d+)\./u.exec(text);
  return Number(found?.groups?.["gauge"]) === gauge ? Number(found?.groups?.["reading"]) : null;
}

/** What is to be found once all is done; null for nothing. */
export function readingFor(asker: Asker, gauge: number, state: GaugeState): number | null {
  const permissions = permissionsOf(kindOf(gauge), state);
  const mayRead =
    permissions === "public" || principalsOf[asker].some((each) => permissions.includes(each));
  return mayRead && !state.isDeleted ? state.reading : null;
}

/** What follows the numbers is the same in all, so that one question finds all of them. */
export const textEnd = "It is read by the watchman at dawn and at dusk.";

export function textOf(gauge: number, reading: number): string {
  return `Gauge ${gauge} of the northern dam reads ${reading}. ${textEnd}`;
}

export function permissionsOf(
  kind: GaugeKind,
  { isNarrow, reading }: Pick<GaugeState, "isNarrow" | "reading">,
): PushedPermissions {
  if (kind === "guarded") return reading % 2 === 1 ? [ann] : "public";
  return isNarrow ? [ann] : "public";
}
