import { createRequire } from "node:module";
import { murmur2, partitionOf } from "./partition-of.ts";

test.each([
  // Kafka's own test vectors.
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ["abc", 479470107],
])("the hash of %j is Kafka's", (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash);
});

test("it is the client library's hash too, for any text", () => {
  const theirs = createRequire(import.meta.url)(
    "kafkajs/src/producer/partitioners/default/murmur2",
  ) as (key: string) => number;

  for (let at = 0; at < 500; at += 1) {
    const key = `files/${"é🌊x".repeat(at % 7)}${at * 7919}`;
    expect(murmur2(Buffer.from(key))).toBe(theirs(key));
  }
});

test("keys are spread over all partitions, and never beyond", () => {
  const counts = Array.from({ length: 12 }, () => 0);
  for (let at = 0; at < 12_000; at += 1) counts[partitionOf(`files/${at}.md`, 12)]! += 1;

  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(12_000);
  expect(Math.min(...counts)).toBeGreaterThan(800);
  expect(Math.max(...counts)).toBeLessThan(1_200);
});
