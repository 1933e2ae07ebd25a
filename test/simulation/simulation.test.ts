import { runHistories } from "./run-histories.ts";

const histories = Number(process.env["SIMULATION_HISTORIES"] ?? 300);
const seed = Number(process.env["SIMULATION_SEED"] ?? 1);

test(`${histories} histories keep every promise, whatever goes wrong`, async () => {
  const { failure } = await runHistories({ histories, seed });

  expect(failure).toBeNull();
}, 3_600_000);
