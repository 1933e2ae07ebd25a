import { loadConfig } from "./load-config.ts";
import { refuseUnbuilt } from "./unbuilt.ts";

function refuse(...lines: readonly string[]): void {
  const text = ["version: 1", ...lines].join("\n");
  const files = [{ name: "tidemark.yaml", text }];
  refuseUnbuilt(loadConfig({ files, environment: {}, readFile: () => "" }).config);
}

const app = "sources: { app: { kind: push, permissions: public } }";

test.each([
  ["tenants.quota", [app, "tenants: { required: true, quota: { searchesPerSecond: 20 } }"]],
  [
    "sources.app.quota",
    ["sources: { app: { kind: push, permissions: public, quota: { content: 1MiB } } }"],
  ],
  ["generations.budget", [app, "generations: { budget: { tokens: 1M } }"]],
  ["generations.promote: manual", [app, "generations: { promote: manual }"]],
] as const)("%s is refused by name and not ignored", (name, lines) => {
  expect(() => refuse(...lines)).toThrow(`this version does not run yet: ${name}`);
});

test("what runs is not refused", () => {
  expect(() => refuse(app, "tenants: { required: true }")).not.toThrow();
});
