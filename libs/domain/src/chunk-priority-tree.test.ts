import * as fc from "fast-check";
import { PriorityTree } from "./chunk-priority-tree.ts";

test("it finds what a search of the whole range finds, the nearest to the middle among equals", () => {
  const priorities = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(priorities, fc.nat(), fc.nat(), (values, a, b) => {
      const [from = 0, to = 0] = [a % values.length, b % values.length].sort((x, y) => x - y);
      const middle = (from + to) >> 1;
      const range = values.slice(from, to + 1);
      const most = Math.max(...range);
      const distances = range.map((value, at) =>
        value === most ? Math.abs(from + at - middle) : Infinity,
      );

      const found = new PriorityTree(Float64Array.from(values)).highest(from, to);

      expect(values[found]).toBe(most);
      expect(Math.abs(found - middle)).toBe(Math.min(...distances));
    }),
  );
});
