/**
 * What the driver knows of the documents it pushed. A write that was acknowledged is certain; one
 * that was cut off may have been kept or not, so its document may be in either state until it is
 * looked at. Nothing here asks the product what is right.
 */
import { appendFileSync } from "node:fs";
import type { PushedDocument } from "../checker/pushed-document.ts";

/** Null where there is no document. */
export type Possible = PushedDocument | null;
export type Write = (before: Possible) => Possible;

export class PushRecord {
  readonly #file: string;
  /** Never empty; more than one while it is not certain. */
  readonly #states = new Map<string, readonly Possible[]>();
  #tokens: string[] = [];
  #acknowledged = 0;

  /** Acknowledged tokens are appended to the file, one JSON text a line. */
  constructor(file: string) {
    this.#file = file;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  get keys(): readonly string[] {
    return [...this.#states.keys()];
  }

  possible(key: string): readonly Possible[] {
    return this.#states.get(key) ?? [null];
  }

  uncertain(): readonly string[] {
    return this.keys.filter((key) => this.possible(key).length > 1);
  }

  wrote(key: string, write: Write, token: string): void {
    this.#states.set(key, distinct(this.possible(key).map(write)));
    this.#tokens.push(token);
    this.#acknowledged += 1;
    appendFileSync(this.#file, `${JSON.stringify(token)}\n`);
  }

  /** No answer came: it may have happened. */
  wasCutOff(key: string, write: Write): void {
    const before = this.possible(key);
    this.#states.set(key, distinct([...before, ...before.map(write)]));
  }

  /** It was refused: there is no such document. */
  isAbsent(key: string): void {
    this.resolve(key, (state) => state === null);
  }

  /** @throws when none of the possible states is the one: then something was lost or invented. */
  resolve(key: string, isIt: (state: Possible) => boolean): void {
    const left = this.possible(key).filter(isIt);
    if (left.length === 0) {
      throw new Error(
        `${key} is in none of its possible states: ${JSON.stringify(this.possible(key))}`,
      );
    }
    this.#states.set(key, left.slice(0, 1));
  }

  /** @throws while a document is uncertain */
  expected(): PushedDocument[] {
    return this.keys.flatMap((key) => {
      const states = this.possible(key);
      if (states.length > 1) throw new Error(`${key} is uncertain`);
      return states[0] ?? [];
    });
  }
}

function distinct(states: readonly Possible[]): readonly Possible[] {
  const byText = new Map(states.map((state) => [JSON.stringify(state), state]));
  return [...byText.values()];
}
