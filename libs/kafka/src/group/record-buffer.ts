/** Records of one partition that were fetched and not yet polled, in their order. */
import type { LogRecord } from "@tidemark/pipeline";

interface Chunk {
  readonly records: readonly LogRecord[];
  readonly bytesEach: number;
  /** Records before it were taken. */
  at: number;
}

export class RecordBuffer {
  readonly #chunks: Chunk[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  push(records: readonly LogRecord[], bytes: number): void {
    if (records.length === 0) return;
    this.#chunks.push({ records, bytesEach: bytes / records.length, at: 0 });
    this.#bytes += bytes;
  }

  /** The next record, left where it is. */
  get first(): LogRecord | undefined {
    const [chunk] = this.#chunks;
    return chunk?.records[chunk.at];
  }

  take(): LogRecord | undefined {
    const [chunk] = this.#chunks;
    const record = chunk?.records[chunk.at];
    if (!chunk || !record) return undefined;
    chunk.at += 1;
    this.#bytes -= chunk.bytesEach;
    if (chunk.at === chunk.records.length) this.#chunks.shift();
    if (this.#chunks.length === 0) this.#bytes = 0;
    return record;
  }
}
