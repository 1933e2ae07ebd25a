import { boundedLabel, breakerStates, createMetrics, metricNames, setState } from "./metrics.ts";

test("every metric is in the registry once, by its name, with help", () => {
  const { registry } = createMetrics({ processDefaults: false });
  const registered = registry.getMetricsAsArray();

  expect(registered.map((metric) => metric.name).toSorted()).toEqual(
    Object.values(metricNames).toSorted(),
  );
  expect(registered.every((metric) => metric.help.length > 0)).toBe(true);
});

test("names begin with the product and end with a unit, a total or what is counted", () => {
  for (const name of Object.values(metricNames)) expect(name).toMatch(/^tidemark(?:_[a-z]+)+$/u);
});

test("two registries share nothing", async () => {
  const one = createMetrics({ processDefaults: false });
  const other = createMetrics({ processDefaults: false });

  one.changes.inc({ source: "docs", kind: "change" });

  expect(await one.registry.metrics()).toContain('changes_total{source="docs",kind="change"} 1');
  expect(await other.registry.metrics()).not.toContain('source="docs"');
});

test("the objectives' usual thresholds are bounds of buckets", async () => {
  const { registry, freshnessLag } = createMetrics({ processDefaults: false });

  freshnessLag.observe({ source: "docs", kind: "change" }, 7);

  const text = await registry.metrics();
  expect(text).toContain('lag_seconds_bucket{le="5",source="docs",kind="change"} 0');
  expect(text).toContain('lag_seconds_bucket{le="60",source="docs",kind="change"} 1');
});

test("a process tells of itself", async () => {
  const { registry } = createMetrics();

  expect(await registry.metrics()).toContain("process_resident_memory_bytes");
  registry.clear();
});

test("of several states one holds", async () => {
  const { registry, breaker } = createMetrics({ processDefaults: false });

  setState(breaker, { breaker: "openai" }, { state: "open", states: breakerStates });
  setState(breaker, { breaker: "openai" }, { state: "closed", states: breakerStates });

  const text = await registry.metrics();
  expect(text).toContain('breaker_state{breaker="openai",state="closed"} 1');
  expect(text).toContain('breaker_state{breaker="openai",state="open"} 0');
});

test("values of a label stay few", () => {
  const bounded = boundedLabel(2);

  expect(["a", "b", "c", "a", "x".repeat(65)].map(bounded)).toEqual([
    "a",
    "b",
    "other",
    "a",
    "other",
  ]);
});
