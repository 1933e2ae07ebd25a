import { faultyServers, kindOfFault, planFaults, targetOf } from "./plan-faults.ts";

const processes = ["gateway", "upserter", "upserter-2"];

test("every process and every server is struck in each way before one is struck again", () => {
  const ways = 2 * (processes.length + faultyServers.length);

  const rounds = planFaults(2 * ways, { processes, seed: 3 });

  const first = rounds.slice(0, ways).map(({ fault }) => `${fault.kind} ${targetOf(fault)}`);
  expect(new Set(rounds.slice(0, ways).map(({ fault }) => targetOf(fault)))).toEqual(
    new Set([...processes, ...faultyServers]),
  );
  expect(new Set(first).size).toBe(2 * processes.length + faultyServers.length);
  expect(new Set(rounds.map(({ fault }) => kindOfFault(fault)))).toContain("kafka away");
});

test("the same seed plans the same, and another another", () => {
  const plan = (seed: number) => planFaults(40, { processes, seed });

  expect(plan(1)).toEqual(plan(1));
  expect(plan(1)).not.toEqual(plan(2));
});
