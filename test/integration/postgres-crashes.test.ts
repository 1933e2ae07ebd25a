/** A reader that is killed in the midst of what it reads, while everything in it is written. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isProven, runRows } from "../measure/rows/run-rows.ts";
import { describeWith } from "../servers/available.ts";
import { findPostgres } from "../servers/postgres.ts";

const testMs = 180_000;
/** `node test/measure/rows.ts` is the same with 100,000 rows. */
const small = { rows: 2_000, perSecond: 600, wholeAgain: false };

describeWith("a reader that is killed", await findPostgres(), (server) => {
  test(
    "leaves nothing missing, twice or stale, be it in the first snapshot or in a later one of a part",
    async () => {
      const directory = await mkdtemp(join(tmpdir(), "tidemark-rows-"));
      try {
        const lines: string[] = [];
        const say = (line: string) => void lines.push(line);

        const parts = await runRows({ server: server(), directory, ...small, say });

        expect(parts.every(isProven) ? [] : lines).toEqual([]);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
    testMs,
  );
});
