import { sourceName } from "@tidemark/domain";
import { atMs, VirtualClock } from "@tidemark/testing";
import { FreshnessBoard } from "./freshness-board.ts";
import { LateRestrictions } from "./late-restrictions.ts";
import type { ServedSource } from "./served-source.ts";

const files = sourceName("files");
const app = sourceName("app");

function aSource(name: ServedSource["name"]): ServedSource {
  return {
    name,
    kind: "push",
    declaresTenants: false,
    declaresPermissions: false,
    defaultPermissions: { kind: "public" },
    defaultTenant: "*",
    line: null,
    from: null,
    epoch: () => 1,
    observedUpToMs: () => atMs,
  };
}

function lateRestrictions(options: { sinceMs: number | null; refuses?: boolean }) {
  return new LateRestrictions({
    behind: { sinceMs: (source) => (source === files ? options.sinceMs : null) },
    freshness: new FreshnessBoard(new VirtualClock(atMs), { isShared: false }),
    withinMs: () => 5_000,
    refuses: (source) => source === files && (options.refuses ?? false),
  });
}

const scope = [aSource(files), aSource(app)];

test("a source is late while something waits for the restrictor for longer than its objective", () => {
  const restrictions = lateRestrictions({ sinceMs: atMs - 7_000 });

  expect(restrictions.sources(scope, () => atMs, atMs)).toEqual([files]);
});

test("what came a moment ago is on its way", () => {
  const restrictions = lateRestrictions({ sinceMs: atMs - 4_000 });

  expect(restrictions.sources(scope, () => atMs, atMs)).toEqual([]);
});

test("a source may rather answer nothing, and the refusal names it", () => {
  const restrictions = lateRestrictions({ sinceMs: atMs - 7_000, refuses: true });

  const refused = () => restrictions.sources(scope, () => atMs, atMs);

  expect(refused).toThrow("source files");
  expect(refused).toThrow(expect.objectContaining({ status: 503, code: "restrictions-late" }));
  expect(restrictions.sources([aSource(app)], () => atMs, atMs)).toEqual([]);
});
