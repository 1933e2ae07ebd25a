import { traceOf } from "./trace-context.ts";

const theirs = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

test("a caller's trace context is taken as it is", () => {
  expect(traceOf({ traceparent: theirs })).toBe(theirs);
});

test.each([
  ["none", undefined],
  ["another version", theirs.replace("00-", "01-")],
  ["no trace id", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"],
  ["something else", "hello\nworld"],
])("with %s a new one begins, each its own", (_name, traceparent) => {
  const [one, another] = [traceOf({ traceparent }), traceOf({ traceparent })];

  expect(one).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/u);
  expect(one).not.toBe(another);
});
