/** What a run changes and checks: one kind of source, or several, in a deployment that is there. */
import type { Chance } from "@tidemark/pipeline";
import type { FaultyParts } from "./fault-driver.ts";
import type { GaugeKeeper } from "./gauge.ts";
import type { Victims } from "./plan-faults.ts";

export interface WorldOptions {
  /** For what is written down; it is there. */
  readonly directory: string;
  readonly chance: (salt: number) => Chance;
  readonly pauseMs: number;
}

export interface ChaosParts extends FaultyParts, AsyncDisposable {
  world(options: WorldOptions): ChaosWorld;
  /** What this is about: what is struck unless everything is. */
  readonly victims: Victims;
}

export interface ChaosWorld {
  readonly gauges: GaugeKeeper;
  /** Changes documents that other rounds leave alone, in several streams, until the signal. */
  run(round: number, signal: AbortSignal): readonly Promise<void>[];
  /** How much was changed, by what the report calls it. */
  changes(): readonly (readonly [string, number])[];
  readonly acknowledged: number;
  /** What may or may not have been kept is looked up. @throws when something was lost */
  lookUp(): Promise<void>;
  /** What the checker is told, in files of the directory. */
  checker(): { readonly args: readonly string[]; readonly environment: NodeJS.ProcessEnv };
}

/** Documents of a round are left alone for so many, so that faults are not covered up at once. */
export const roundsApart = 20;

/** A server that can be taken away, and stand still. */
export interface StoppableServer {
  stop(how: "killed" | "in order"): Promise<void>;
  resume(): Promise<void>;
  whilePaused<T>(body: () => Promise<T>): Promise<T>;
}

export function killedOrPaused(server: StoppableServer) {
  return {
    away: (away: () => Promise<void>) => whileStopped(server, "killed", away),
    paused: (away: () => Promise<void>) => server.whilePaused(away),
  };
}

export async function whileStopped(
  server: StoppableServer,
  how: "killed" | "in order",
  away: () => Promise<void>,
): Promise<void> {
  await server.stop(how);
  await away();
  await server.resume();
}

/** Every process, and every server in every way. */
export function allOf({ deployment, servers }: FaultyParts): Victims {
  const ways = Object.entries(servers).map(([name, each]) => [name, Object.keys(each)] as const);
  return { processes: deployment.processNames, servers: Object.fromEntries(ways) };
}
