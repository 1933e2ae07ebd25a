import { PoisonError } from "@tidemark/pipeline";
import { checkedVector } from "./vector-check.ts";

test("a vector of unit length is left as it is", () => {
  const vector = Float32Array.of(0.6, 0.8);

  expect(checkedVector(vector, 2)).toBe(vector);
});

test("another length becomes one", () => {
  const [x = 0, y = 0] = checkedVector(Float32Array.of(3, 4), 2);

  expect(Math.hypot(x, y)).toBeCloseTo(1, 6);
});

test.each([
  ["a missing number", [1], "1 numbers where 2"],
  ["a number too many", [1, 0, 0], "3 numbers where 2"],
  ["NaN", [0.6, Number.NaN], "not finite"],
  ["infinity", [Number.POSITIVE_INFINITY, 0], "not finite"],
  ["nothing but zeros", [0, 0], "length zero"],
])("%s is refused", (_, values, message) => {
  const check = (): unknown => checkedVector(Float32Array.from(values), 2);

  expect(check).toThrow(PoisonError);
  expect(check).toThrow(message);
});
