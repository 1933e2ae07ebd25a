import * as fc from "fast-check";
import { parseSnapshot, sees } from "./visibility.ts";

test("a snapshot sees what had ended when it was taken, and nothing that was running", () => {
  const snapshot = parseSnapshot("795:799:795,797");

  expect([794, 795, 796, 797, 798, 799].map((xid) => sees(snapshot, xid))).toEqual([
    true,
    false,
    true,
    false,
    true,
    false,
  ]);
});

test("ids are told apart by their nearness, also where the lower half begins anew", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 2n ** 32n, max: 2n ** 40n }),
      fc.integer({ min: -1_000_000, max: 1_000_000 }),
      (xmax, ahead) => {
        const xid = Number((xmax + BigInt(ahead)) % 2n ** 32n);

        expect(sees({ xmax, running: new Set() }, xid)).toBe(ahead < 0);
      },
    ),
  );
});
