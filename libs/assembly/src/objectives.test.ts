import { sourceName } from "@tidemark/domain";
import { loadConfig } from "@tidemark/runtime";
import { objectivesOf } from "./objectives.ts";

const text = `
version: 1
sources:
  app: { kind: push, permissions: public }
  shop: { kind: push, permissions: public }
objectives:
  - { source: shop, tenant: acme, change: 99.5% within 10s, over: 7d }
  - { change: 99% within 30s }
  - { source: shop, change: 98% within 20s }
`;
const objectives = objectivesOf(
  loadConfig({
    files: [{ name: "tidemark.yaml", text }],
    environment: {},
    readFile: () => "",
  }).config,
);
const dayMs = 24 * 3_600_000;
const shop = sourceName("shop");

test.each([
  ["a source of which nothing is said", "app", null, 30_000, 30 * dayMs],
  ["a source of which something is said", "shop", null, 20_000, 30 * dayMs],
  ["a tenant with an objective of its own", "shop", "acme", 10_000, 7 * dayMs],
  ["the same tenant elsewhere", "app", "acme", 30_000, 30 * dayMs],
  ["another tenant", "shop", "other", 20_000, 30 * dayMs],
] as const)("the objective of %s", (_of, source, tenant, withinMs, overMs) => {
  expect(objectives.of(sourceName(source), tenant).change).toMatchObject({ withinMs, overMs });
});

test("restrictions have an objective where nothing is said of them", () => {
  expect(objectives.of(shop, null).restriction).toMatchObject({ share: 0.999, withinMs: 5_000 });
});

test("tenants that have objectives of their own are told by source", () => {
  expect(objectives.tenants(shop)).toEqual(["acme"]);
  expect(objectives.tenants(sourceName("app"))).toEqual([]);
});
