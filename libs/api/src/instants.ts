/**
 * Inside, an instant is a number of milliseconds whose name ends in `Ms`; over HTTP it is an ISO
 * 8601 text under the name without it. Durations keep their unit and their number.
 */
const instantNames = [
  "atMs",
  "beganAtMs",
  "startedAtMs",
  "ranAtMs",
  "baselineAtMs",
  "endedAtMs",
  "sinceMs",
  "writtenAtMs",
  "createdAtMs",
  "updatedAtMs",
  "embeddedAtMs",
  "seenAtMs",
  "observedAtMs",
  "sourceTimeMs",
  "completeUpToMs",
  "heardUpToMs",
  "observedUpToMs",
  "oldestPendingMs",
] as const;
type InstantName = (typeof instantNames)[number];

/** Values under these names are the writer's own and are passed on as they are. */
const opaqueNames: ReadonlySet<string> = new Set(["metadata", "timings"]);

type WithoutUnit<Name> = Name extends `${infer Short}Ms` ? Short : never;

export type WithIsoInstants<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? WithIsoInstants<Item>[]
    : {
        -readonly [
          Name in keyof T as Name extends InstantName ? WithoutUnit<Name> : Name
        ]: Name extends InstantName
          ? null extends T[Name]
            ? string | null
            : string
          : Name extends "metadata" | "timings"
            ? T[Name]
            : WithIsoInstants<T[Name]>;
      };

/** The same value, all through, with its instants as texts. */
export function withIsoInstants<T>(value: T): WithIsoInstants<T> {
  return convert(value) as WithIsoInstants<T>;
}

export function iso(instantMs: number): string {
  return new Date(instantMs).toISOString();
}

export function isoOrNull(instantMs: number | null): string | null {
  return instantMs === null ? null : iso(instantMs);
}

function convert(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(convert);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      if (opaqueNames.has(name)) return [name, inner];
      if (!isInstantName(name)) return [name, convert(inner)];
      return [name.slice(0, -"Ms".length), isoOrNull(inner as number | null)];
    }),
  );
}

function isInstantName(name: string): name is InstantName {
  return (instantNames as readonly string[]).includes(name);
}
