import { openTokenCounter } from "./token-counter.ts";

test.each([
  ["", 0],
  ["hello world", 2],
  ["tiktoken is great!", 6],
  ["antidisestablishmentarianism", 6],
  ["2 + 2 = 4", 7],
  ["お誕生日おめでとう", 9],
  ["<|endoftext|>", 7],
])("cl100k_base has %j as %i tokens", async (text, tokens) => {
  const counter = await openTokenCounter("cl100k_base");

  expect(counter.count(text)).toBe(tokens);
});

test("a run without spaces is counted in time in its length", async () => {
  const counter = await openTokenCounter("cl100k_base");
  const startedAtMs = performance.now();

  const tokens = counter.count(`a ${"a".repeat(200_000)} ${" ".repeat(50_000)}`);

  expect(tokens).toBeGreaterThanOrEqual(25_000);
  expect(tokens).toBeLessThan(27_000);
  expect(performance.now() - startedAtMs).toBeLessThan(30_000);
});
