import { ByteGate } from "./byte-gate.ts";

function entering(gate: ByteGate, sizes: readonly number[]) {
  const entered: number[] = [];
  for (const [at, bytes] of sizes.entries()) void gate.enter(bytes).then(() => entered.push(at));
  return entered;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("what fits enters, what does not waits until there is room", async () => {
  const gate = new ByteGate(100);
  const entered = entering(gate, [60, 40, 30, 30]);

  await settled();
  expect(entered).toEqual([0, 1]);
  gate.leave(60);
  await settled();

  expect(entered).toEqual([0, 1, 2, 3]);
});

test("nobody overtakes one who waits, however small", async () => {
  const gate = new ByteGate(100);
  const entered = entering(gate, [90, 50, 5]);

  await settled();
  expect(entered).toEqual([0]);
  gate.leave(90);
  await settled();

  expect(entered).toEqual([0, 1, 2]);
});

test("what is larger than the bound enters alone", async () => {
  const gate = new ByteGate(100);
  const entered = entering(gate, [500, 1]);

  await settled();
  expect(entered).toEqual([0]);
  gate.leave(500);
  await settled();

  expect(entered).toEqual([0, 1]);
});
