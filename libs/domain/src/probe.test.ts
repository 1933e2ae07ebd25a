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

test("what is found in its time is found, from before it was written on", () => {
  const step = afterProbe(written, isFound, at(3_500));

  expect(step).toMatchObject({ counted: "found", lagMs: 2_500, state: { looking: null } });
  expect(step.state.last).toMatchObject({ outcome: "found", lagMs: 2_500, decidedAtMs: 3_500 });
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
  const resting = afterProbe(written, isFound, at(2_000)).state;

  expect(msUntilRound(restingProbe, pace, 5)).toBe(0);
  expect(msUntilRound(resting, pace, 2_000)).toBe(59_000);
  expect(msUntilRound(resting, pace, 61_000)).toBe(0);
  expect(msUntilRound(written, pace, 61_000)).toBe(240_000);
  expect(msUntilRound(resting, pace, 0)).toBe(0);
});

test("each round is counted once at most and observed once at most, found only within its time", () => {
  const kinds = constantFrom("written", "refused", "found", "absent", "unanswered" as const);
  const steps = array(record({ kind: kinds, afterMs: nat(8_000) }), { maxLength: 60 });
  assert(
    property(steps, (events) => {
      let state: ProbeState = restingProbe;
      let nowMs = 0;
      let begun = 0;
      const counted: ProbeOutcome[] = [];
      const lags: number[] = [];
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
              : kind === "unanswered"
                ? { kind, reason: "no" }
                : { kind: "searched", isFound: kind === "found" },
          at(nowMs),
        );
        const beganAtMs = state.looking?.writtenAtMs ?? nowMs;
        if (step.counted === "found") expect(nowMs - beganAtMs).toBeLessThanOrEqual(pace.withinMs);
        if (step.counted === "late" || step.counted === "unanswered") {
          expect(nowMs - beganAtMs).toBeGreaterThan(pace.withinMs);
        }
        if (step.lagMs !== null) expect(step.lagMs).toBe(nowMs - beganAtMs);
        if (step.counted) counted.push(step.counted);
        if (step.lagMs !== null) lags.push(step.lagMs);
        expect(state.looking === null && step.lagMs !== null).toBe(false);
        state = step.state;
      }

      expect(state.rounds).toBe(begun);
      expect(counted.length).toBeLessThanOrEqual(begun);
      expect(lags.length).toBeLessThanOrEqual(begun);
      expect(counted.filter((each) => each === "found").length).toBeLessThanOrEqual(lags.length);
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
