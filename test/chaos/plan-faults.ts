/** What goes wrong in which round: every process and every server in turn, in every way it can. */
import { between, seededChance, shuffled } from "@tidemark/testing";

export type Fault =
  /** As a loss of power, and started again after so long. */
  | { readonly kind: "kill"; readonly process: string; readonly awayMs: number }
  /** Stands still, and goes on as if no time had passed. */
  | { readonly kind: "pause"; readonly process: string; readonly awayMs: number }
  | {
      readonly kind: "server";
      readonly server: string;
      /** One of the ways in which it can suffer. */
      readonly how: string;
      readonly awayMs: number;
    };

export interface Round {
  /** Changes go on for so long before. */
  readonly calmMs: number;
  readonly fault: Fault;
  /** Whether all is well again before the next round begins. */
  readonly heals: boolean;
}

const calmMsMax = 1_500;
const awayMsLeast = 200;
const awayMsMax = 4_000;
/** Longer than a group waits for a member: somebody else holds its partitions when it wakes. */
const longAwayMs = 14_000;
const longShare = 0.15;
const healsShare = 0.6;

/** What is struck: processes, and servers in the ways in which each can suffer. */
export interface Victims {
  readonly processes: readonly string[];
  readonly servers: Readonly<Record<string, readonly string[]>>;
}

/** The same seed plans the same. */
export function planFaults(
  rounds: number,
  { processes, seed, servers }: Victims & { readonly seed: number },
): readonly Round[] {
  const chance = seededChance(seed);
  const awayMs = () =>
    chance() < longShare ? longAwayMs : between(chance, awayMsLeast, awayMsMax);
  const turn: (() => Fault)[] = [
    ...processes.flatMap((process): (() => Fault)[] => [
      () => ({ kind: "kill", process, awayMs: awayMs() }),
      () => ({ kind: "pause", process, awayMs: awayMs() }),
    ]),
    ...Object.entries(servers).flatMap(([server, ways]) =>
      ways.map((how) => (): Fault => ({ kind: "server", server, how, awayMs: awayMs() })),
    ),
  ];
  const faults: Fault[] = [];
  while (faults.length < rounds) faults.push(...shuffled(chance, turn).map((make) => make()));
  return faults.slice(0, rounds).map((fault) => ({
    fault,
    calmMs: between(chance, awayMsLeast, calmMsMax),
    heals: chance() < healsShare,
  }));
}

/** What a fault befalls: one thing suffers one fault at a time. */
export function targetOf(fault: Fault): string {
  return fault.kind === "server" ? fault.server : fault.process;
}

/** Faults of one kind, as the report counts them. */
export function kindOfFault(fault: Fault): string {
  return fault.kind === "server"
    ? `${fault.server} ${fault.how}`
    : `${fault.kind} ${fault.process.replace(/-\d+$/u, "")}`;
}

export function textOf(fault: Fault): string {
  const what = fault.kind === "server" ? kindOfFault(fault) : `${fault.kind} ${fault.process}`;
  return `${what} for ${fault.awayMs} ms`;
}
