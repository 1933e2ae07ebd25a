/** The judge must be able to find each of the things it looks for, or its silence means nothing. */
import { textOf, type Asker } from "./gauge.ts";
import { Judge } from "./judge.ts";

const [open, guarded, narrowed, doomed] = [0, 1, 2, 3];

function aHistory() {
  const violations: string[] = [];
  const judge = new Judge(({ what }) => violations.push(what));
  const answer = (gauge: number, reading: number | null) => ({
    texts: reading === null ? [] : [textOf(gauge, reading)],
    isComplete: true,
  });
  const hear = (gauge: number, reading: number | null, asker: Asker = "ann") =>
    judge.hears(judge.asks(gauge, asker), answer(gauge, reading));
  return { answer, hear, judge, violations };
}

test("a history in which all goes well has no violation", () => {
  const { hear, judge, violations } = aHistory();

  hear(open, null);
  for (const reading of [1, 1, 4]) hear(open, reading, "bob");
  hear(guarded, 1);
  hear(guarded, null, "bob");
  hear(guarded, 2, "bob");
  hear(narrowed, 3, "bob");
  judge.narrows(narrowed);
  hear(narrowed, 3, "bob");
  hear(narrowed, null, "bob");
  hear(narrowed, 4);
  hear(doomed, 2);
  judge.deletes(doomed);
  hear(doomed, 2);
  hear(doomed, null);
  hear(doomed, null);

  expect(violations).toEqual([]);
  expect(judge.answers).toBe(15);
});

test("a number that falls is a violation", () => {
  const { hear, violations } = aHistory();

  hear(open, 7);
  hear(open, 6, "bob");

  expect(violations).toEqual(["it reads 6 after 7"]);
});

test("an older answer to a question that was asked before the newer one came is none", () => {
  const { answer, judge, violations } = aHistory();

  const [first, second] = [judge.asks(open, "ann"), judge.asks(open, "ann")];
  judge.hears(second, answer(open, 7));
  judge.hears(first, answer(open, 6));

  expect(violations).toEqual([]);
});

test("a deleted one that returns is a violation", () => {
  const { hear, judge, violations } = aHistory();

  hear(doomed, 2);
  judge.deletes(doomed);
  hear(doomed, null);
  hear(doomed, 2);

  expect(violations).toEqual(["it was deleted and gone, and reads 2 again"]);
});

test("a hit that its policy denies is a violation", () => {
  const { hear, violations } = aHistory();

  hear(guarded, 3, "bob");

  expect(violations).toEqual(["bob reads 3, which is ann's alone"]);
});

test("a restriction that widens again is a violation", () => {
  const { hear, judge, violations } = aHistory();

  hear(narrowed, 3, "bob");
  judge.narrows(narrowed);
  hear(narrowed, null, "bob");
  hear(narrowed, 3, "bob");

  expect(violations).toEqual(["it was hidden from bob, and is found again"]);
});

test.each([
  ["of everybody's", open, "bob"],
  ["of ann's, asked by her", guarded, "ann"],
  ["that nobody has narrowed", narrowed, "bob"],
  ["that nobody has deleted", doomed, "ann"],
] as const)("a live one %s that is not found is a violation", (_what, gauge, asker) => {
  const { hear, violations } = aHistory();

  hear(gauge, 2);
  hear(gauge, null, asker);

  expect(violations).toEqual(["it is live, and is not found"]);
});

test("an answer that says it is not complete may lack any of them, and is counted", () => {
  const { judge, hear, violations } = aHistory();

  hear(open, 1);
  judge.hears(judge.asks(open, "ann"), { texts: [], isComplete: false });

  expect(violations).toEqual([]);
  expect(judge.incomplete).toBe(1);
});

test("two revisions of a document in one answer are a violation", () => {
  const { answer, judge, violations } = aHistory();

  const texts = [...answer(open, 1).texts, ...answer(open, 2).texts];
  judge.hears(judge.asks(open, "ann"), { texts, isComplete: true });

  expect(violations).toEqual(["2 hits of one document"]);
});

test("what is not as it was written last at the end is a violation", () => {
  const { answer, judge, violations } = aHistory();
  const last = (reading: number | null, isDeleted: boolean) => {
    const state = { reading: 5, isNarrow: false, isDeleted, moves: 0 };
    judge.hearsLast(judge.asks(open, "ann"), answer(open, reading), state);
  };

  last(5, false);
  last(4, false);
  last(5, true);

  expect(violations).toEqual([
    "it reads 4 after 5",
    "at the end it reads 4, not 5",
    "at the end it reads 5, not null",
  ]);
});

describe("while a gauge gets another key", () => {
  function aMove() {
    const history = aHistory();
    history.hear(open, 4);
    history.judge.moves(open, 5);
    const hearBoth = () => {
      const texts = [4, 5].map((reading) => textOf(open, reading));
      history.judge.hears(history.judge.asks(open, "bob"), { texts, isComplete: true });
    };
    return { ...history, hearBoth };
  }

  test("it may be at the old one, at both or at neither, until it is at the new one alone", () => {
    const { hear, hearBoth, judge, violations } = aMove();
    const early = judge.asks(open, "bob");

    for (const reading of [4, null, 5]) hear(open, reading);
    judge.hears(early, { texts: [], isComplete: true });
    const settled = judge.isMoving(open);
    judge.moves(open, 6);
    hear(open, 5);
    judge.moves(open, 6);
    hearBoth();

    expect(settled).toBe(false);
    expect(judge.isMoving(open)).toBe(true);
    expect(violations).toEqual([]);
  });

  test.each([
    [
      "what was at the old one and was gone returns",
      [null, 4],
      "it had left its key, and reads 4 there again",
    ],
    ["what was found at the new one is lost", [5, null], "it is live, and is not found"],
    ["what was found at the new one is only at the old one", [5, 4], "it reads 4 after 5"],
  ] as const)("a violation is that %s", (_what, readings, violation) => {
    const { hear, violations } = aMove();

    for (const reading of readings) hear(open, reading);

    expect(violations).toEqual([violation]);
  });

  test("a violation is that both are there when it had been at the new one alone", () => {
    const { hear, hearBoth, violations } = aMove();

    hear(open, 5);
    hearBoth();

    expect(violations).toEqual(["it reads 4 after 5", "2 hits of one document"]);
  });
});
