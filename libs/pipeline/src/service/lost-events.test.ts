import { VirtualClock } from "@tidemark/testing";
import type { Finding, SourceWatch } from "../ports/source-watch.ts";
import { LostEvents, lostKeysMax, type LostReport } from "./lost-events.ts";

const at = (position: number) => ({ epoch: 1, position });

function aFinding(finding: Partial<Finding> = {}): Finding {
  return { key: "a.md", before: "1", now: "2", known: at(5), ...finding };
}

interface AScan {
  readonly backlog: number;
  readonly beganAtMs: number;
  readonly isWhole: boolean;
  readonly unread: readonly string[];
}

/** Judges scans of a source whose watch is drained when it is told to be. */
class Judging {
  readonly clock = new VirtualClock();
  readonly reports: LostReport[] = [];
  isDrained = true;
  readonly lost: LostEvents;
  readonly #stop = new AbortController();

  constructor(options: { readonly announcedMax?: number; readonly tellsOf?: boolean } = {}) {
    const watch: SourceWatch = {
      watch: () => Promise.resolve(),
      acceptRoot: () => Promise.resolve(),
      drained: () => Promise.resolve(this.isDrained),
      tellsOf: () => options.tellsOf ?? true,
    };
    this.lost = new LostEvents({
      watch,
      told: (report) => this.reports.push(report),
      ...options,
    });
    void this.lost.run(this.#stop.signal);
  }

  announce(key: string, { atMs = 0, position = 9 } = {}): void {
    this.lost.announced(key, { revision: at(position), atMs });
  }

  async judge(
    findings: readonly Finding[],
    { backlog = 0, beganAtMs = 100, isWhole = true, unread = [] }: Partial<AScan> = {},
  ): Promise<LostReport | undefined> {
    const scan = this.lost.begin(beganAtMs, { backlog, unread });
    for (const finding of findings) LostEvents.note(scan, finding);
    this.lost.end(scan, { endedAtMs: beganAtMs + 10, isWhole });
    await this.clock.advance(1);
    return this.reports.at(-1);
  }
}

test.each<[string, number, number, Finding["known"], readonly string[]]>([
  ["since the scan began", 100, 3, at(5), []],
  ["before it, and is not applied", 50, 6, at(5), []],
  ["before it, of a key that the index does not know", 50, 6, null, []],
  ["before it, and was applied", 50, 6, at(6), ["a.md"]],
  ["before it, and was passed", 50, 6, at(7), ["a.md"]],
])("a hint that an event caused %s: lost is what it cannot have told", async (...row) => {
  const [, atMs, position, known, lost] = row;
  const judging = new Judging();
  judging.announce("a.md", { atMs, position });

  expect(await judging.judge([aFinding({ known })])).toMatchObject({ keys: lost, undecided: 0 });
});

test("what no event ever told of is lost", async () => {
  const judging = new Judging();
  const gone = aFinding({ key: "b.md", now: null });

  const report = await judging.judge([gone, aFinding({ known: null, before: null })]);

  expect(report).toEqual({ scannedAtMs: 100, count: 2, keys: ["a.md", "b.md"], undecided: 0 });
  expect(judging.lost.total).toBe(2);
});

test("an event that comes after the scan and before the queue is drained has told", async () => {
  const judging = new Judging();
  const scan = judging.lost.begin(100, { backlog: 0, unread: [] });
  LostEvents.note(scan, aFinding());
  judging.announce("a.md", { atMs: 500 });
  judging.lost.end(scan, { endedAtMs: 110, isWhole: true });
  await judging.clock.advance(1);

  expect(judging.reports).toEqual([expect.objectContaining({ count: 0, undecided: 0 })]);
});

test("what a scan finds again because it is not applied yet is lost once", async () => {
  const judging = new Judging();
  await judging.judge([aFinding()]);

  expect(await judging.judge([aFinding()], { beganAtMs: 200 })).toMatchObject({ count: 0 });
  expect(await judging.judge([aFinding({ now: "3" })], { beganAtMs: 300 })).toMatchObject({
    count: 1,
  });
  expect(judging.lost.total).toBe(2);
});

test("the same state that is lost again after an event is lost again", async () => {
  const judging = new Judging();
  await judging.judge([aFinding({ now: null })]);
  judging.announce("a.md", { atMs: 150, position: 7 });

  expect(
    await judging.judge([aFinding({ now: null, known: at(8) })], { beganAtMs: 200 }),
  ).toMatchObject({ keys: ["a.md"] });
});

test("what was told of and could not be read is not lost", async () => {
  const judging = new Judging();

  expect(await judging.judge([aFinding()], { unread: ["a.md"] })).toMatchObject({ count: 0 });
});

test("what events were never to tell of is not lost", async () => {
  const judging = new Judging({ tellsOf: false });

  expect(await judging.judge([aFinding()])).toMatchObject({ count: 0, undecided: 0 });
});

test("of a listing that broke off, nothing that it lacks is lost", async () => {
  const judging = new Judging();
  const findings = [aFinding({ key: "gone.md", now: null }), aFinding()];

  expect(await judging.judge(findings, { isWhole: false })).toMatchObject({ keys: ["a.md"] });
});

test("nothing is judged while hints of an earlier process may be under way", async () => {
  const judging = new Judging();
  expect(await judging.judge([aFinding()], { backlog: 7 })).toMatchObject({
    count: 0,
    undecided: 1,
  });

  judging.lost.caughtUp();

  expect(await judging.judge([aFinding()], { backlog: 7 })).toMatchObject({ keys: ["a.md"] });
});

test("nothing is judged with more under way than is remembered", async () => {
  const judging = new Judging({ announcedMax: 3 });
  judging.lost.caughtUp();

  expect(await judging.judge([aFinding()], { backlog: 3 })).toMatchObject({ undecided: 1 });
});

test("without an end of the queue nothing is judged", async () => {
  const judging = new Judging();
  judging.isDrained = false;

  expect(await judging.judge([aFinding()])).toMatchObject({ count: 0, undecided: 1 });
});

test("keys are told up to a bound, and counted past it", async () => {
  const judging = new Judging();
  const findings = Array.from({ length: lostKeysMax + 5 }, (_, each) =>
    aFinding({ key: String(each).padStart(6, "0") }),
  );

  const report = await judging.judge(findings);

  expect(report?.count).toBe(lostKeysMax + 5);
  expect(report?.keys).toEqual(findings.slice(0, lostKeysMax).map(({ key }) => key));
});
