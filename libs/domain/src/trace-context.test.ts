import { isTraceContext } from "./trace-context.ts";

const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const parent = "00f067aa0ba902b7";

test("a version, two ids and flags are trace context", () => {
  expect(isTraceContext(`00-${trace}-${parent}-01`)).toBe(true);
});

test.each([
  ["another version", `01-${trace}-${parent}-01`],
  ["capitals", `00-${trace.toUpperCase()}-${parent}-01`],
  ["an id of zeros", `00-${"0".repeat(32)}-${parent}-01`],
  ["a parent of zeros", `00-${trace}-${"0".repeat(16)}-01`],
  ["more behind it", `00-${trace}-${parent}-01-more`],
  ["nothing", ""],
])("%s is none", (_, text) => {
  expect(isTraceContext(text)).toBe(false);
});
