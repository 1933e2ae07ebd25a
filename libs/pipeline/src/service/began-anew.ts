/**
 * What began anew behind Tidemark's back: it is mended without anybody, and said in the log. Whoever
 * asks later is told too, since somebody should find out why it happened.
 */
import type { Clock, PipelineLogger } from "../ports/world.ts";

/** The messages, as the log has them. */
export const beganAnew = {
  listedLog: "the log is another one: new epoch, listed again",
  pushedLog: "the log is another one: new epoch",
  topic: "a topic was made anew; it is read from its beginning",
  index: "index is behind its group",
  unread: "records are gone that nobody had read; they are made again",
  offsets: "group has lost its offsets; it reads everything again",
  catalogue: "the catalogue was lost: written again",
  adopted: "the catalogue was lost: adopted",
} as const;

export interface Notice {
  readonly message: string;
  /** When it was said last. */
  readonly atMs: number;
  readonly times: number;
}

const messages = new Set<string>(Object.values(beganAnew));
const rememberedMs = 24 * 3_600_000;

export class Notices {
  readonly #clock: Clock;
  readonly #said = new Map<string, { atMs: number; times: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The logger, listened to. */
  over(logger: PipelineLogger): PipelineLogger {
    return {
      debug: (fields, message) => logger.debug(fields, message),
      info: (fields, message) => logger.info(fields, message),
      warn: (fields, message) => {
        if (messages.has(message)) this.#note(message);
        logger.warn(fields, message);
      },
      error: (fields, message) => logger.error(fields, message),
    };
  }

  /** Of the last day. */
  recent(): readonly Notice[] {
    const nowMs = this.#clock.nowMs();
    return [...this.#said].flatMap(([message, { atMs, times }]) =>
      nowMs - atMs <= rememberedMs ? { message, atMs, times } : [],
    );
  }

  #note(message: string): void {
    const said = this.#said.get(message) ?? { atMs: 0, times: 0 };
    this.#said.set(message, { atMs: this.#clock.nowMs(), times: said.times + 1 });
  }
}
