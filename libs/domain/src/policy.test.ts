import { anAsker, aPolicy, only } from "@tidemark/testing";
import * as fc from "fast-check";
import {
  allows,
  denialOf,
  everyTenant,
  mayBeTold,
  samePolicy,
  unreadable,
  type Permissions,
} from "./policy.ts";

const unknown: Permissions = { kind: "unknown" };

test.each([
  [
    "unknown permissions",
    aPolicy({ permissions: unknown }),
    anAsker({ principals: ["ann"] }),
    false,
  ],
  ["public", aPolicy(), anAsker(), true],
  [
    "public of a tenant, asked by it",
    aPolicy({ tenant: "acme" }),
    anAsker({ tenant: "acme" }),
    true,
  ],
  [
    "public of a tenant, asked by another",
    aPolicy({ tenant: "acme" }),
    anAsker({ tenant: "beta" }),
    false,
  ],
  ["public of a tenant, asked by nobody's", aPolicy({ tenant: "acme" }), anAsker(), false],
  [
    "named, and the asker is",
    aPolicy({ permissions: only("ann", "bo") }),
    anAsker({ principals: ["bo"] }),
    true,
  ],
  [
    "named, and the asker is not",
    aPolicy({ permissions: only("ann") }),
    anAsker({ principals: ["bo"] }),
    false,
  ],
  ["nobody named", aPolicy({ permissions: only() }), anAsker({ principals: ["bo"] }), false],
  [
    "named in another tenant",
    aPolicy({ tenant: "acme", permissions: only("ann") }),
    anAsker({ tenant: "beta", principals: ["ann"] }),
    false,
  ],
] as const)("%s", (_, policy, asker, outcome) => {
  expect(allows(policy, asker)).toBe(outcome);
});

const names = fc.subarray(["ann", "bo", "cy"]);

test("naming more people never shuts anyone out, and being more never does", () => {
  fc.assert(
    fc.property(names, names, names, (few, more, asking) => {
      const asker = anAsker({ principals: asking });
      const narrow = allows(aPolicy({ permissions: only(...few) }), asker);
      const wide = allows(aPolicy({ permissions: only(...few, ...more) }), asker);

      if (narrow) expect(wide).toBe(true);
      const bigger = anAsker({ principals: [...asking, "dee"] });
      if (narrow) expect(allows(aPolicy({ permissions: only(...few) }), bigger)).toBe(true);
    }),
  );
});

test("policies are the same whatever the order of the names, and then allow the same", () => {
  fc.assert(
    fc.property(names, names, names, (a, b, asking) => {
      const one = aPolicy({ permissions: only(...a) });
      const another = aPolicy({ permissions: only(...b, ...b.toReversed()) });
      const same = samePolicy(one, another);

      expect(same).toBe(new Set(a).size === new Set(b).size && a.every((name) => b.includes(name)));
      const asker = anAsker({ principals: asking });
      if (same) expect(allows(one, asker)).toBe(allows(another, asker));
    }),
  );
});

test("what is unreadable is so for everyone, of every tenant", () => {
  expect(unreadable.tenant).toBe(everyTenant);
  expect(allows(unreadable, anAsker({ tenant: "acme", principals: ["ann"] }))).toBe(false);
  expect(samePolicy(unreadable, aPolicy())).toBe(false);
});

test.each([
  ["tenant", aPolicy({ tenant: "acme", permissions: unknown })],
  ["unreadable", aPolicy({ permissions: unknown })],
  ["permissions", aPolicy({ permissions: only("bo") })],
  [null, aPolicy({ permissions: only("ann") })],
] as const)("what keeps an asker out is %s", (denial, policy) => {
  expect(denialOf(policy, anAsker({ tenant: "beta", principals: ["ann"] }))).toBe(denial);
});

test("an audience is told of exactly what one in whose name it may ask may read", () => {
  const tenants = fc.subarray(["acme", "beta"], { minLength: 1 });
  const permissions = fc.oneof(
    names.map((list) => only(...list)),
    fc.constantFrom<Permissions>({ kind: "public" }, unknown),
  );
  const tenant = fc.constantFrom(everyTenant, "acme", "beta");
  fc.assert(
    fc.property(tenants, names, tenant, permissions, (asTenants, principals, ...[of, may]) => {
      const policy = aPolicy({ tenant: of, permissions: may });

      const told = mayBeTold(policy, { tenants: asTenants, principals });

      const askers = [null, ...asTenants].map((as) => anAsker({ tenant: as, principals }));
      expect(told).toBe(askers.some((asker) => allows(policy, asker)));
      const all = { tenants: "*", principals: "*" } as const;
      expect(mayBeTold(policy, all)).toBe(may.kind !== "unknown");
    }),
  );
});
