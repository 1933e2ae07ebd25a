import { FirstAbort } from "./first-abort.ts";

test("the first signal aborts with its reason, before or after", () => {
  const [a, b] = [new AbortController(), new AbortController()];
  using first = new FirstAbort(a.signal, undefined, b.signal);

  b.abort("b");
  a.abort("a");

  expect(first.signal.reason).toBe("b");
  expect(new FirstAbort(a.signal).signal.reason).toBe("a");
});

test("nothing follows once it is disposed of", () => {
  const a = new AbortController();
  const first = new FirstAbort(a.signal);

  first[Symbol.dispose]();
  a.abort("late");

  expect(first.signal.aborted).toBe(false);
});
