/** The reader's state, read from the catalogue once and written back one change after the other. */
import type { SourceName } from "@tidemark/domain";
import type { Catalogue, SourceRecord } from "@tidemark/pipeline";
import type { ReaderState } from "./reader-state.ts";

export class KeptState {
  readonly #catalogue: Catalogue;
  readonly #source: SourceName;
  #state: ReaderState;
  #writing: Promise<void> = Promise.resolve();

  constructor(catalogue: Catalogue, source: SourceName, state: ReaderState) {
    this.#catalogue = catalogue;
    this.#source = source;
    this.#state = state;
  }

  get now(): ReaderState {
    return this.#state;
  }

  /** When it resolves, it is written down. */
  change(
    change: (state: ReaderState) => ReaderState,
    record: Partial<Pick<SourceRecord, "snapshotDue">> = {},
  ): Promise<void> {
    const written = this.#writing.then(async () => {
      const known = this.#catalogue.source(this.#source);
      if (!known) throw new Error(`source ${this.#source} has no record`);
      const state = change(this.#state);
      await this.#catalogue.putSource({ ...known, ...record, state: JSON.stringify(state) });
      this.#state = state;
    });
    this.#writing = written.catch(() => {});
    return written;
  }
}
