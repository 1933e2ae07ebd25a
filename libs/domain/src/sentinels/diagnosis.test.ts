import { diagnose, severityOf, type DriftEvidence } from "./diagnosis.ts";
import { cosineDistance, neighbourOverlap, trueNeighboursFound } from "./drift.ts";
import { packVector, unpackVector } from "./packed-vectors.ts";
import { benchmarkQueries, sentinels } from "./sentinel-texts.ts";

const healthy: DriftEvidence = {
  readings: sentinels.map(({ family }) => ({ family, distance: 0.0001 })),
  tokens: [],
  listed: { points: 300, missing: 0, documents: 100, forgotten: 0 },
  stored: [0, 0.0001],
  neighbours: { wanted: 240, found: 240 },
  overlap: 0.98,
};

test("there are at least 100 sentinels, each another text, and at least 20 questions", () => {
  expect(sentinels.length).toBeGreaterThanOrEqual(100);
  expect(new Set(sentinels.map(({ text }) => text)).size).toBe(sentinels.length);
  expect(new Set(benchmarkQueries).size).toBeGreaterThanOrEqual(20);
});

test("of what is healthy nothing is named", () => {
  expect(diagnose(healthy)).toEqual([]);
});

test.each([
  [0.005, "slight"],
  [0.0199, "slight"],
  [0.02, "investigate"],
  [0.0499, "investigate"],
  [0.05, "severe"],
])(
  "a distance is fine, slight, to be looked into or severe by its bounds: %p is %s",
  (distance, severity) => {
    expect(severityOf(distance)).toBe(severity);
  },
);

test("one text that moved by itself names nothing", () => {
  const readings = healthy.readings.map((reading, at) =>
    at < 2 ? { ...reading, distance: 0.1 } : reading,
  );

  expect(diagnose({ ...healthy, readings })).toEqual([]);
});

test.each([
  [0.84, "investigate"],
  [0.69, "severe"],
])(
  "neighbours that changed for no known reason are named as such: %p is %s",
  (overlap, severity) => {
    expect(diagnose({ ...healthy, overlap })).toEqual([
      expect.objectContaining({ cause: "unknown", severity }),
    ]);
  },
);

test("several causes at once are all named", () => {
  const evidence = {
    ...healthy,
    readings: healthy.readings.map((reading) => ({ ...reading, distance: 0.3 })),
    listed: { points: 300, missing: 30, documents: 100, forgotten: 0 },
    neighbours: { wanted: 240, found: 120 },
  };

  expect(diagnose(evidence).map(({ cause }) => cause)).toEqual([
    "weights",
    "index-loss",
    "approximate-search",
  ]);
});

test("what cannot be compared is as far away as can be", () => {
  expect(cosineDistance([1, 0], [1, 0, 0])).toBe(2);
  expect(cosineDistance([0, 0], [1, 0])).toBe(2);
  expect(cosineDistance([1, 0], [2, 0])).toBe(0);
});

test("neighbours that are as near as the last are as good as it", () => {
  const exact = [
    { id: "a", score: 0.9 },
    { id: "b", score: 0.8 },
  ];

  const found = [
    { id: "a", score: 0.9 },
    { id: "c", score: 0.8 },
  ];

  expect(trueNeighboursFound(exact, found)).toEqual({ wanted: 2, found: 2 });
  expect(trueNeighboursFound(exact, [{ id: "a", score: 0.9 }])).toEqual({ wanted: 2, found: 1 });
});

test("what left the index and what came to it does not count against an overlap", () => {
  const before = [
    { id: "a", isGone: false },
    { id: "b", isGone: true },
    { id: "c", isGone: false },
  ];
  const now = [
    { id: "new", isNew: true },
    { id: "a", isNew: false },
    { id: "c", isNew: false },
  ];

  expect(neighbourOverlap(before, now)).toBe(1);
  expect(neighbourOverlap([{ id: "b", isGone: true }], now)).toBeNull();
});

test("a packed vector has the same direction", () => {
  const vector = Float32Array.from({ length: 384 }, (_, at) => Math.sin(at * 7.3) / 20);

  expect(cosineDistance(vector, unpackVector(packVector(vector)))).toBeLessThan(1e-6);
});
