import { kindOfFault, planFaults, targetOf } from "./plan-faults.ts";

const processes = ["gateway", "upserter", "upserter-2"];
const servers = { kafka: ["away", "paused"], postgres: ["restarted", "crashed", "paused"] };

test("every process and every server is struck in each way before one is struck again", () => {
  const ways = 2 * processes.length + 5;

  const rounds = planFaults(2 * ways, { processes, servers, seed: 3 });

  const first = rounds.slice(0, ways).map(({ fault }) => fault);
  const struck = first.map((fault) => [fault.kind, targetOf(fault), kindOfFault(fault)].join(" "));
  expect(new Set(first.map(targetOf))).toEqual(new Set([...processes, ...Object.keys(servers)]));
  expect(new Set(struck).size).toBe(ways);
  expect(first.map(kindOfFault)).toContain("postgres crashed");
});

test("the same seed plans the same, and another another", () => {
  const plan = (seed: number) => planFaults(40, { processes, servers, seed });

  expect(plan(1)).toEqual(plan(1));
  expect(plan(1)).not.toEqual(plan(2));
});
