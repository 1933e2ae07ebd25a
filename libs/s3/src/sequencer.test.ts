import { compareSequencers, PublishedSequencers } from "./sequencer.ts";

test.each([
  ["0055AED6DCD90281E5", "0055AED6DCD90281E6", -1],
  ["0055aed6dcd90281e5", "0055AED6DCD90281E5", 0],
  ["0055AED6DCD9", "0055AED6DCD90281E5", -1],
  ["0055AED6DD", "0055AED6DCD90281E5", 1],
  ["0055AED6", "0055AED600", 0],
])("%s and %s are compared as if they were of one length", (a, b, order) => {
  expect(compareSequencers(a, b)).toBe(order);
  expect(compareSequencers(b, a)).toBe(order === 0 ? 0 : -order);
});

test("a write is passed once its hint, or a later one's, is on the log", () => {
  const published = new PublishedSequencers();
  expect(published.isPassed("a", "10")).toBe(false);

  published.published("a", "10");

  expect(published.isPassed("a", "0F")).toBe(true);
  expect(published.isPassed("a", "10")).toBe(true);
  expect(published.isPassed("a", "11")).toBe(false);
  expect(published.isPassed("b", "0F")).toBe(false);
});

test("an older write that is published late does not lower what is passed", () => {
  const published = new PublishedSequencers();
  published.published("a", "20");

  published.published("a", "10");

  expect(published.isPassed("a", "20")).toBe(true);
});

test("the keys that were published longest ago are forgotten, and only spare less", () => {
  const published = new PublishedSequencers({ keysMax: 2 });
  for (const key of ["a", "b", "a", "c"]) published.published(key, "10");

  expect(["a", "b", "c"].map((key) => published.isPassed(key, "10"))).toEqual([true, false, true]);
});
