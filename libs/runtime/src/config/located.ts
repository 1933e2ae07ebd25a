/** Values of a config file with the places they were written at. */
import type { Path, Place } from "./problems.ts";

export type Scalar = string | number | boolean | null;

export interface LocatedScalar {
  readonly kind: "scalar";
  readonly at: Place;
  readonly value: Scalar;
  /** The references it was written with, such as `${env:KEY}`. */
  readonly reference?: string;
  readonly unresolved?: true;
}

export interface LocatedEntry {
  readonly keyAt: Place;
  readonly value: Located;
}

export interface LocatedMap {
  readonly kind: "map";
  readonly at: Place;
  readonly entries: ReadonlyMap<string, LocatedEntry>;
}

export interface LocatedList {
  readonly kind: "list";
  readonly at: Place;
  readonly items: readonly Located[];
}

export type Located = LocatedScalar | LocatedMap | LocatedList;

/** The value without its places. */
export function plain(located: Located): unknown {
  switch (located.kind) {
    case "scalar":
      return located.value;
    case "list":
      return located.items.map(plain);
    case "map":
      return Object.fromEntries(
        [...located.entries].map(([key, entry]) => [key, plain(entry.value)]),
      );
  }
}

/** The value at a path, if it was written. */
export function locate(root: Located, path: Path): Located | undefined {
  let here: Located | undefined = root;
  for (const key of path) here = here && child(here, key);
  return here;
}

function child(parent: Located, key: string | number): Located | undefined {
  if (parent.kind === "map") return parent.entries.get(String(key))?.value;
  return parent.kind === "list" ? parent.items[Number(key)] : undefined;
}

/** Where a key stands; for an absent one, where the map that lacks it is named. */
export function placeOfKey(root: Located, path: Path): Place {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = locate(root, path.slice(0, length - 1));
    const key = path[length - 1];
    if (parent?.kind === "map") {
      const entry = parent.entries.get(String(key));
      if (entry) return entry.keyAt;
    }
    if (parent?.kind === "list") {
      const item = parent.items[Number(key)];
      if (item) return item.at;
    }
  }
  return root.at;
}

/** Every scalar becomes what `change` makes of it. */
export function mapScalars(
  located: Located,
  change: (scalar: LocatedScalar, path: Path) => LocatedScalar,
  path: Path = [],
): Located {
  switch (located.kind) {
    case "scalar":
      return change(located, path);
    case "list":
      return {
        ...located,
        items: located.items.map((item, index) => mapScalars(item, change, [...path, index])),
      };
    case "map":
      return {
        ...located,
        entries: new Map(
          [...located.entries].map(([key, { keyAt, value }]) => [
            key,
            { keyAt, value: mapScalars(value, change, [...path, key]) },
          ]),
        ),
      };
  }
}

/**
 * Lays one file over another: maps are merged, anything else is replaced. Maps of different `kind`
 * have nothing in common, so the upper one replaces the lower.
 */
export function overlay(lower: Located, upper: Located): Located {
  if (lower.kind !== "map" || upper.kind !== "map" || differInKind(lower, upper)) return upper;
  const entries = new Map(lower.entries);
  for (const [key, entry] of upper.entries) {
    const below = entries.get(key);
    entries.set(key, {
      keyAt: entry.keyAt,
      value: below ? overlay(below.value, entry.value) : entry.value,
    });
  }
  return { kind: "map", at: upper.at, entries };
}

function differInKind(lower: LocatedMap, upper: LocatedMap): boolean {
  const [below, above] = [lower, upper].map((map) => map.entries.get("kind")?.value);
  if (above === undefined || below === undefined) return false;
  return below.kind !== "scalar" || above.kind !== "scalar" || below.value !== above.value;
}
