import { askerOf, probeName } from "./probe-asker.ts";

const open = { declaresPermissions: false, declaresTenants: false, tenantsRequired: false };
const nothing = { tenant: null, principals: null };

test.each([
  ["nothing", "the source has neither", nothing, open, nothing],
  [
    "a name of its own",
    "the source has both",
    nothing,
    { ...open, declaresPermissions: true, declaresTenants: true },
    { tenant: probeName, principals: [probeName] },
  ],
  [
    "a tenant of its own",
    "every search needs one",
    nothing,
    { ...open, tenantsRequired: true },
    { tenant: probeName, principals: null },
  ],
  [
    "what the source says",
    "it leaves no choice",
    { tenant: "acme", principals: ["group:hr"] },
    { ...open, declaresTenants: true },
    { tenant: "acme", principals: ["group:hr"] },
  ],
])("a probe is searched for with %s where %s", (_, __, stated, source, asker) => {
  expect(askerOf(stated, source)).toEqual(asker);
});
