import {
  array,
  assert,
  boolean,
  constantFrom,
  nat,
  property,
  record,
  uniqueArray,
} from "fast-check";
import {
  afterProbe,
  halfOf,
  isProbeText,
  msUntilRound,
  probeSentence,
  restingProbe,
  type ProbeOutcome,
  type ProbeState,
} from "./probe.ts";

const pace = { everyMs: 60_000, withinMs: 10_000 };
const at = (nowMs: number) => ({ nowMs, withinMs: pace.withinMs });
const round = { sentence: "Tidemark probe 0 of files: bo.", writtenAtMs: 1_000 };
const written = afterProbe(restingProbe, { kind: "written", round }, at(1_200)).state;
const notFound = { kind: "searched", isFound: false } as const;
const isFound = { kind: "searched", isFound: true } as const;
const unanswered = { kind: "unanswered", reason: "503" } as const;

const toDelete = afterProbe(written, isFound, at(3_500));
const deleted = afterProbe(toDelete.state, { kind: "deleted", atMs: 3_600 }, at(3_700)).state;

test("what is found in its time is to be deleted, and found once it is gone in its time", () => {
  const gone = afterProbe(deleted, notFound, at(4_100));

  expect(toDelete).toMatchObject({ counted: null, lagMs: 2_500, isThrough: false });
  expect(toDelete.state.looking && halfOf(toDelete.state.looking).isToDelete).toBe(true);
  expect(gone).toMatchObject({ counted: "found", hiddenMs: 500, isThrough: true });
  expect(gone.state).toMatchObject({
    looking: null,
    last: { outcome: "found", lagMs: 2_500, hiddenMs: 500, decidedAtMs: 4_100 },
  });
});

test("what is deleted and found past its time is lasting at once, until it is gone", () => {
  const lasting = afterProbe(deleted, isFound, at(13_601));
  const still = afterProbe(lasting.state, isFound, at(20_000));
  const gone = afterProbe(still.state, notFound, at(23_600));

  expect(lasting).toMatchObject({ counted: "lasting", isThrough: false });
  expect(lasting.state.last).toMatchObject({ outcome: "lasting", lagMs: 2_500, hiddenMs: null });
  expect(still).toMatchObject({ counted: null, hiddenMs: null });
  expect(gone).toMatchObject({ counted: null, hiddenMs: 20_000, isThrough: true });
  expect(gone.state.last).toMatchObject({ outcome: "lasting", hiddenMs: 20_000 });
});

test("what the source does not delete is told with its latency, and waited for no more", () => {
  const step = afterProbe(toDelete.state, { kind: "kept", reason: "read-only" }, at(4_000));

  expect(step).toMatchObject({ counted: "unwritable", state: { looking: null } });
  expect(step.state.last).toMatchObject({ lagMs: 2_500, hiddenMs: null, reason: "read-only" });
});

test("what is not found in its time is late at once, and its latency is told when it is found", () => {
  const late = afterProbe(written, notFound, at(11_001));
  const still = afterProbe(late.state, notFound, at(15_000));
  const found = afterProbe(still.state, isFound, at(31_000));

  expect(late).toMatchObject({ counted: "late", lagMs: null });
  expect(still).toMatchObject({ counted: null, lagMs: null });
  expect(found).toMatchObject({ counted: null, lagMs: 30_000 });
  expect(found.state.last).toMatchObject({ outcome: "late", lagMs: 30_000 });
});

test.each([
  ["no search answered", [unanswered, unanswered], "unanswered", "503"],
  ["one had answered before", [notFound, unanswered], "late", "503"],
  ["they answer again", [unanswered, notFound], "late", null],
] as const)("its time passes, and %s", (_, [before, then], counted, reason) => {
  const early = afterProbe(written, before, at(5_000));

  const step = afterProbe(early.state, then, at(11_001));

  expect(early.counted).toBeNull();
  expect(step.counted).toBe(counted);
  expect(step.state.last).toMatchObject({ outcome: counted, reason });
});

test("what the source refuses is not looked for", () => {
  const step = afterProbe(written, { kind: "refused", round, reason: "read-only" }, at(2_000));

  expect(step).toMatchObject({ counted: "unwritable", lagMs: null, state: { looking: null } });
  expect(step.state.last).toMatchObject({ outcome: "unwritable", reason: "read-only" });
});

test("a round begins each period, later while one is followed, and whatever a clock says", () => {
  const resting = afterProbe(deleted, notFound, at(4_000)).state;

  expect(msUntilRound(restingProbe, pace, 5)).toBe(0);
  expect(msUntilRound(resting, pace, 4_000)).toBe(57_000);
  expect(msUntilRound(resting, pace, 61_000)).toBe(0);
  expect(msUntilRound(written, pace, 61_000)).toBe(240_000);
  expect(msUntilRound(resting, pace, 0)).toBe(0);
});

test("each round is counted once at most and observed once at most, found only within its times", () => {
  const kinds = constantFrom(
    "written",
    "refused",
    "found",
    "absent",
    "deleted",
    "kept",
    "unanswered" as const,
  );
  const steps = array(record({ kind: kinds, afterMs: nat(8_000) }), { maxLength: 60 });
  assert(
    property(steps, (events) => {
      let state: ProbeState = restingProbe;
      let nowMs = 0;
      let begun = 0;
      const counted: ProbeOutcome[] = [];
      const lags: number[] = [];
      const hidden: number[] = [];
      for (const { afterMs, kind } of events) {
        nowMs += afterMs;
        const own = { sentence: `round ${begun}`, writtenAtMs: nowMs };
        if (kind === "written" || kind === "refused") begun += 1;
        const step = afterProbe(
          state,
          kind === "written"
            ? { kind, round: own }
            : kind === "refused"
              ? { kind, round: own, reason: "no" }
              : kind === "unanswered" || kind === "kept"
                ? { kind, reason: "no" }
                : kind === "deleted"
                  ? { kind, atMs: nowMs }
                  : { kind: "searched", isFound: kind === "found" },
          at(nowMs),
        );
        const beganAtMs = state.looking ? halfOf(state.looking).sinceMs : nowMs;
        if (step.counted === "found") expect(nowMs - beganAtMs).toBeLessThanOrEqual(pace.withinMs);
        if (step.counted && step.counted !== "found" && step.counted !== "unwritable") {
          expect(nowMs - beganAtMs).toBeGreaterThan(pace.withinMs);
        }
        if (step.lagMs !== null) expect(step.lagMs).toBe(nowMs - beganAtMs);
        if (step.hiddenMs !== null) expect(step.hiddenMs).toBe(nowMs - beganAtMs);
        if (step.counted) counted.push(step.counted);
        if (step.lagMs !== null) lags.push(step.lagMs);
        if (step.hiddenMs !== null) hidden.push(step.hiddenMs);
        expect(state.looking === null && step.lagMs !== null).toBe(false);
        state = step.state;
      }

      expect(state.rounds).toBe(begun);
      expect(counted.length).toBeLessThanOrEqual(begun);
      expect(lags.length).toBeLessThanOrEqual(begun);
      expect(hidden.length).toBeLessThanOrEqual(lags.length);
      expect(counted.filter((each) => each === "found").length).toBeLessThanOrEqual(hidden.length);
    }),
  );
});

test("no two rounds have the same sentence, and each is known for a probe's", () => {
  const rounds = uniqueArray(record({ number: nat(1_000), atMs: nat(), other: boolean() }), {
    minLength: 2,
    maxLength: 50,
    selector: (each) => JSON.stringify(each),
  });
  assert(
    property(rounds, (each) => {
      const sentences = each.map(({ atMs, number, other }) =>
        probeSentence(other ? "files" : "uploads", number, atMs),
      );
      const bare = sentences.map((sentence) => sentence.slice(sentence.indexOf(":")));

      expect(new Set(bare).size).toBe(each.length);
      expect(sentences.every(isProbeText)).toBe(true);
    }),
  );
  expect(probeSentence("files", 3, 12)).toBe(probeSentence("files", 3, 12));
});
