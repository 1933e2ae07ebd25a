/** How the stages of a generation's line are run in tests: over plain text, and with no patience. */
import { silentObserver, type LineOptions } from "@tidemark/pipeline";

type Own = Pick<LineOptions, "board" | "clock" | "index" | "log" | "stages" | "token">;

const silent = () => {};

/** What a test does not say is as little as can be. */
export function plainLine(own: Own & Partial<LineOptions>): LineOptions {
  return {
    chance: () => 0,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    observer: silentObserver,
    progressTopic: async (topic) => topic,
    extractor: {
      version: "1",
      async extract({ bytes }) {
        const text = Buffer.from(bytes).toString();
        const blocks = [{ kind: "paragraph" as const, text }];
        return { text: { title: null, blocks }, characters: text.length };
      },
    },
    contents: new Map(),
    windowOf: () => ({ waitMs: 0, documentsMax: 10 }),
    accepted: () => false,
    restate: async () => {},
    ...own,
  };
}
