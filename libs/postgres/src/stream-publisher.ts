/** From the stream to the log: published, written down, and only then confirmed to the slot. */
import { publishMarker, mutationsTopic, TransientError, type Clock } from "@tidemark/pipeline";
import { keyPrefixOf } from "@tidemark/rows";
import type { Closes } from "./closes.ts";
import type { Statement } from "./drafts.ts";
import type { Folded, RowNews } from "./fold-events.ts";
import type { ExpectedWatermark } from "./open-session.ts";
import type { KeptState } from "./kept-state.ts";
import { publishStatements, type PublishContext } from "./publish.ts";
import type { ReaderState } from "./reader-state.ts";
import type { ReplicationStream } from "./replication-stream.ts";
import { rereadChanges, type RereadContext } from "./reread.ts";
import type { UnkeyedRow } from "./unkeyed-rows.ts";

export interface StreamPublisherOptions {
  readonly publish: PublishContext;
  readonly reread: RereadContext;
  readonly stream: Pick<ReplicationStream, "confirm">;
  readonly state: KeptState;
  readonly closes: Closes;
  readonly expected: ExpectedWatermark | null;
  readonly clock: Clock;
  /** Before they are published: a snapshot need not state them. */
  readonly streaming: (keys: Iterable<string>) => void;
  readonly closesDue: () => void;
  readonly unkeyed: (rows: readonly UnkeyedRow[]) => Promise<void>;
  /** When the message was written; null for one of another process. */
  readonly writtenAtMs: (id: string) => number | null;
  /** Whether everything before the stream has been stated too. */
  readonly isComplete: () => boolean;
  readonly marked: (completeToMs: number) => void;
}

/** What the slot is confirmed by is written down first, and that is not done with every change. */
const confirmEveryMs = 5_000;

type News = readonly [key: string, news: RowNews];
type RereadNews = readonly [key: string, news: Extract<RowNews, { kind: "reread" }>];

export class StreamPublisher {
  readonly #options: StreamPublisherOptions;
  #watermark: ReaderState["watermark"] = null;
  #confirmedAtMs = -Infinity;
  #expected: ExpectedWatermark | null;

  constructor(options: StreamPublisherOptions) {
    this.#options = options;
    this.#expected = options.expected;
  }

  async take(folded: Folded): Promise<void> {
    const { closes, closesDue, publish, streaming, unkeyed } = this.#options;
    if (folded.lost !== null) await this.#abandon(folded.lost);
    await this.#verify(folded);
    streaming(folded.news.keys());
    await publishStatements(publish, await this.#statements([...folded.news]));
    if (folded.unkeyed.length > 0) await unkeyed(folded.unkeyed);
    if (folded.truncated.length > 0) {
      await closes.add(
        folded.truncated.map(({ position, table }) => ({ prefix: keyPrefixOf(table), position })),
      );
      closesDue();
    }
    await this.#mark(folded);
    await this.#confirm(folded);
  }

  /** A slot that was copied with its database sends what another history had at the same places. */
  async #verify({ endLsn, watermarks }: Folded): Promise<void> {
    if (!this.#expected) return;
    const { beforeLsn, id } = this.#expected;
    if (watermarks.some((each) => each.id === id)) this.#expected = null;
    else if (endLsn !== null && endLsn >= beforeLsn) {
      await this.#abandon(
        "the WAL does not hold what was read of it: an earlier state was restored",
      );
    }
  }

  async #statements(news: readonly News[]): Promise<readonly Statement[]> {
    const stated = news.flatMap(([key, each]): Statement[] => {
      if (each.kind !== "stated") return [];
      const { committedAtMs: sourceTimeMs, outcome, position } = each;
      return [{ key, outcome, position, sourceTimeMs, reason: "change" }];
    });
    const unknown = news.filter((each): each is RereadNews => each[1].kind === "reread");
    return [...stated, ...(await rereadChanges(this.#options.reread, unknown))];
  }

  async #mark({ watermarks }: Folded): Promise<void> {
    const { isComplete, marked, publish, writtenAtMs } = this.#options;
    const { log, source } = publish;
    this.#watermark = watermarks.at(-1) ?? this.#watermark;
    const times = watermarks.map(({ id }) => writtenAtMs(id)).filter((atMs) => atMs !== null);
    if (times.length === 0 || !isComplete()) return;
    const completeToMs = Math.max(...times);
    await publishMarker(log, mutationsTopic, { source, producer: "stream", completeToMs });
    marked(completeToMs);
  }

  /** Up to a watermark: by it this history can be told from another, where the slot was copied. */
  async #confirm({ endLsn, isReplyWanted }: Folded): Promise<void> {
    const { clock, state, stream } = this.#options;
    const watermark = this.#watermark;
    const isDue = watermark !== null && clock.nowMs() - this.#confirmedAtMs >= confirmEveryMs;
    // A server that waits for an answer, as one that stops does, waits for all of it.
    const lsn = isReplyWanted ? endLsn : isDue ? watermark.endLsn : null;
    if (lsn === null) return;
    if (lsn > state.now.confirmedLsn) {
      await state.change((now) => ({ ...now, confirmedLsn: lsn, watermark }));
    }
    stream.confirm(lsn);
    this.#confirmedAtMs = clock.nowMs();
  }

  async #abandon(why: string): Promise<never> {
    await this.#options.state.change((now) => ({ ...now, abandoned: why }));
    throw new TransientError(why);
  }
}
