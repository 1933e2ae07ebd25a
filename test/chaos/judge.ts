/**
 * Says what is wrong with an answer, by what was known when its question was asked. An answer that
 * was asked for before another had come may be the older one of the two.
 */
import { gaugesMax, kindOf, readingFor, readingIn, type Asker, type GaugeState } from "./gauge.ts";

export interface GaugeAnswer {
  /** Texts of the hits, in any order. */
  readonly texts: readonly string[];
  /** The search looked at all there was to look at. */
  readonly isComplete: boolean;
}

export interface Violation {
  readonly gauge: number;
  readonly asker: Asker;
  readonly what: string;
}

/** What is known of a gauge, of answers that came and of writes that were begun. */
interface Known {
  /** The highest number that an answer said; null while none found it. */
  reading: number | null;
  isNarrowing: boolean;
  isDeleting: boolean;
  hiddenFromBob: boolean;
  isGone: boolean;
  /** How often its key was changed. */
  moves: number;
  /** The first number at the key that it is getting; null once it was found there alone. */
  movesAt: number | null;
  /** Nothing was found while its key changed: what was at the old one is gone. */
  hasLeft: boolean;
}

export type Question = Readonly<Known> & { readonly gauge: number; readonly asker: Asker };

export class Judge {
  readonly #known: readonly Known[] = Array.from({ length: gaugesMax }, () => ({
    reading: null,
    isNarrowing: false,
    isDeleting: false,
    hiddenFromBob: false,
    isGone: false,
    moves: 0,
    movesAt: null,
    hasLeft: false,
  }));
  readonly #onViolation: (violation: Violation) => void;
  #answers = 0;
  #incomplete = 0;

  constructor(onViolation: (violation: Violation) => void) {
    this.#onViolation = onViolation;
  }

  get answers(): number {
    return this.#answers;
  }

  get incomplete(): number {
    return this.#incomplete;
  }

  /** From now on the gauge may be hidden from bob. */
  narrows(gauge: number): void {
    this.#of(gauge).isNarrowing = true;
  }

  /** From now on the gauge may be gone. */
  deletes(gauge: number): void {
    this.#of(gauge).isDeleting = true;
  }

  /** From now on it may be at another key, from this number on; or at both, or at neither. */
  moves(gauge: number, reading: number): void {
    const known = this.#of(gauge);
    known.moves += 1;
    known.movesAt = reading;
    known.hasLeft = false;
  }

  isMoving(gauge: number): boolean {
    return this.#of(gauge).movesAt !== null;
  }

  /** What is known when a question is asked. */
  asks(gauge: number, asker: Asker): Question {
    return { ...this.#of(gauge), gauge, asker };
  }

  hears(asked: Question, { isComplete, texts }: GaugeAnswer): void {
    this.#answers += 1;
    if (!isComplete) this.#incomplete += 1;
    const readings = readingsIn(texts, asked.gauge);
    const [newest] = readings.toSorted((a, b) => b - a);
    const hits = readings.length;
    if (newest !== undefined && this.#mayBeTwo(asked)) {
      this.#hearsReading(asked, newest);
      if (isComplete) this.#hearsMoving(asked, newest, hits);
    } else for (const reading of readings) this.#hearsReading(asked, reading);
    if (hits > (this.#mayBeTwo(asked) ? 2 : 1)) {
      this.#violated(asked, `${hits} hits of one document`);
    }
    if (newest === undefined && isComplete) this.#hearsNothing(asked);
  }

  /** When nothing is under way any more: what is found is what was written last. */
  hearsLast(asked: Question, answer: GaugeAnswer, state: GaugeState): void {
    this.hears(asked, answer);
    const expected = readingFor(asked.asker, asked.gauge, state);
    const found = readingsIn(answer.texts, asked.gauge);
    const is = found.length > 0 ? found.join(" and ") : "null";
    if (is !== String(expected))
      this.#violated(asked, `at the end it reads ${is}, not ${expected}`);
  }

  #hearsReading(asked: Question, reading: number): void {
    const { asker, gauge } = asked;
    const known = this.#of(gauge);
    if (asked.isGone) this.#violated(asked, `it was deleted and gone, and reads ${reading} again`);
    if (asked.reading !== null && reading < asked.reading) {
      this.#violated(asked, `it reads ${reading} after ${asked.reading}`);
    }
    if (asker === "bob") {
      if (kindOf(gauge) === "guarded" && reading % 2 === 1) {
        this.#violated(asked, `bob reads ${reading}, which is ann's alone`);
      }
      if (asked.hiddenFromBob) this.#violated(asked, "it was hidden from bob, and is found again");
    }
    known.reading = Math.max(known.reading ?? 0, reading);
  }

  /** While its key changes, what was at the old one may still be there, beside what is at the new. */
  #mayBeTwo({ gauge, moves, movesAt }: Question): boolean {
    return movesAt !== null || this.#of(gauge).moves !== moves;
  }

  #hearsMoving(asked: Question, newest: number, hits: number): void {
    const { movesAt } = asked;
    if (movesAt === null) return;
    if (asked.hasLeft && newest < movesAt) {
      this.#violated(asked, `it had left its key, and reads ${newest} there again`);
    }
    const known = this.#of(asked.gauge);
    if (hits === 1 && newest >= movesAt && known.movesAt === movesAt) known.movesAt = null;
  }

  #hearsNothing(asked: Question): void {
    const { asker, gauge } = asked;
    const known = this.#of(gauge);
    // What was asked before a change began says nothing of what comes after it.
    if (asked.isDeleting) {
      known.isGone = true;
      return;
    }
    if (known.isDeleting) return;
    if (this.#mayBeTwo(asked)) {
      const { movesAt, reading } = asked;
      if (movesAt !== null && known.movesAt === movesAt) known.hasLeft = true;
      // Once it was found at its new key, it is there.
      if (movesAt === null || reading === null || reading < movesAt) return;
      if (known.moves !== asked.moves) return;
    }
    if (asker === "bob") {
      if (asked.isNarrowing) known.hiddenFromBob = true;
      if (known.isNarrowing || kindOf(gauge) === "guarded") return;
    }
    if (asked.reading !== null) this.#violated(asked, "it is live, and is not found");
  }

  #violated({ asker, gauge }: Question, what: string): void {
    this.#onViolation({ gauge, asker, what });
  }

  #of(gauge: number): Known {
    const known = this.#known[gauge];
    if (!known) throw new RangeError(`no gauge ${gauge}`);
    return known;
  }
}

function readingsIn(texts: readonly string[], gauge: number): number[] {
  return texts.flatMap((text) => readingIn(text, gauge) ?? []);
}
