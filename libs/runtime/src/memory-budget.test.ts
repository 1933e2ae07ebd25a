import { memoryBudget } from "./memory-budget.ts";

const mebibyte = 1024 ** 2;

test("what can be bounded grows with the memory that is there", () => {
  expect(memoryBudget(1024 * mebibyte)).toEqual({
    lookaheadBytesMax: 32 * mebibyte,
    cacheBytes: 64 * mebibyte,
    mappedBytes: 128 * mebibyte,
    modelThreadsMax: 5,
    heapGrowthPercent: 40,
  });
});

test("a small process has a thread for its model, and does more than collect", () => {
  const { heapGrowthPercent, modelThreadsMax } = memoryBudget(128 * mebibyte);

  expect({ heapGrowthPercent, modelThreadsMax }).toEqual({
    heapGrowthPercent: 20,
    modelThreadsMax: 1,
  });
});

test("where there is much memory, heaps grow as the engine lets them", () => {
  expect(memoryBudget(64 * 1024 * mebibyte).heapGrowthPercent).toBe(300);
});
