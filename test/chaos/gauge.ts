/**
 * The documents that the observer looks at: each says a number that only grows, and what else must
 * hold of it.
 */
import type { PushedDocument } from "../checker/pushed-document.ts";

/**
 *   kind      over the run                               must hold of every answer
 *   open      edited, public                             it is there
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
export const gaugeSource = "app";
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
}

export function kindOf(gauge: number): GaugeKind {
  return gaugeKinds[gauge % gaugeKinds.length] ?? "open";
}

export function keyOf(gauge: number): string {
  return `gauge/${gauge}.md`;
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

export function documentOf(
  gauge: number,
  { isNarrow, reading, write }: Omit<GaugeState, "isDeleted"> & { readonly write: number },
): PushedDocument {
  return {
    source: gaugeSource,
    key: keyOf(gauge),
    content: `Gauge ${gauge} of the northern dam reads ${reading}. It is read by the watchman at dawn and at dusk.`,
    contentType: "text/markdown",
    metadata: { gauge, group: groupOf(gauge), write },
    permissions: permissionsOf(kindOf(gauge), { isNarrow, reading }),
    tenant: "*",
    archived: false,
  };
}

function permissionsOf(
  kind: GaugeKind,
  { isNarrow, reading }: Pick<GaugeState, "isNarrow" | "reading">,
): PushedDocument["permissions"] {
  if (kind === "guarded") return reading % 2 === 1 ? [ann] : "public";
  return isNarrow ? [ann] : "public";
}
