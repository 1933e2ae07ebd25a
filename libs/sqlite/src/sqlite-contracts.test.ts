/** Log and index under the contracts of their ports: inline, and in threads on a file. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventLogContract, vectorIndexContract } from "@tidemark/testing";
import { SqliteDatabase, SqliteEventLog, SqliteVectorIndex } from "./index.ts";

const hourMs = 3_600_000;

interface Shape {
  readonly name: string;
  readonly open: () => Promise<SqliteDatabase>;
  readonly close: (database: SqliteDatabase) => Promise<void>;
}

const inline: Shape = {
  name: "inline",
  open: () => SqliteDatabase.open({ directory: null }),
  close: (database) => database[Symbol.asyncDispose](),
};

/** Threads take a while to start, so all tests share them; each brings names of its own. */
const directory = mkdtempSync(join(tmpdir(), "tidemark-contract-"));
let shared: SqliteDatabase;

beforeAll(async () => {
  shared = await SqliteDatabase.open({ directory });
});

afterAll(async () => {
  await shared[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const threaded: Shape = {
  name: "in threads",
  open: async () => shared,
  close: async () => undefined,
};

for (const { name, open, close } of [inline, threaded]) {
  for (const partitions of [1, 3]) {
    eventLogContract(
      `sqlite ${name}, ${partitions} partitions`,
      async () => {
        const database = await open();
        const log = new SqliteEventLog({ database, partitions });
        return Object.assign(log, { [Symbol.asyncDispose]: () => close(database) });
      },
      {
        recreate: (log, topic) => (log as SqliteEventLog).dropTopic(topic),
        truncate: (log, topic, partition, before) =>
          (log as SqliteEventLog).trimBefore(topic, partition, before),
        compact: async (log) => {
          await (log as SqliteEventLog).maintain({ nowMs: Date.now() + 2 * hourMs });
        },
        compactedTopic: () => (partitions === 1 ? "control" : "deadletters"),
      },
    );
  }

  vectorIndexContract(`sqlite ${name}`, async () => {
    const database = await open();
    const index = new SqliteVectorIndex({ database, countedPerReadMax: 100 });
    return Object.assign(index, { [Symbol.asyncDispose]: () => close(database) });
  });
}
