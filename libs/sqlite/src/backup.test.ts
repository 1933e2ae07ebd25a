import { writeFileSync } from "node:fs";
import type { GenerationId } from "@tidemark/domain";
import { aManifest, anId, digestsOf, somePoints } from "@tidemark/testing";
import { TemporaryDirectory } from "./fixtures/temporary-directory.ts";
import {
  CorruptDatabaseError,
  DataDirectoryLockedError,
  restoreBackup,
  SqliteDatabase,
  SqliteEventLog,
  SqliteVectorIndex,
} from "./index.ts";

const generation = "g1" as GenerationId;

async function fill(database: SqliteDatabase) {
  const log = new SqliteEventLog({ database });
  const index = new SqliteVectorIndex({ database });
  await log.append("mutations", [{ key: "a", value: "1" }]);
  await index.ensureGeneration(generation, 32);
  const put = somePoints(["ebb", "flood"], { generation });
  const manifest = aManifest({ indexed: { live: digestsOf(put) } });
  await index.commit(generation, [{ manifest, tokenRead: null, put, sweep: null }], []);
  return { log, index };
}

test.each(["threads", "inline"] as const)(
  "a backup holds what was there when it was made, and a restored log has another identity, %s",
  async (mode) => {
    using from = new TemporaryDirectory();
    using to = new TemporaryDirectory();
    const backup = from.file("backups/one.db");
    const identity = await (async () => {
      await using database = await SqliteDatabase.open({ directory: from.path, mode });
      const { log } = await fill(database);
      const [one] = await Promise.allSettled([
        database.backup(backup),
        log.append("mutations", [{ key: "b", value: "2" }]),
      ]);
      expect(one.status).toBe("fulfilled");
      await log.append("mutations", [{ key: "c", value: "3" }]);
      await expect(database.backup(backup)).rejects.toThrow("exists already");
      return log.identity("mutations");
    })();

    restoreBackup({ backup, directory: to.path });

    await using restored = await SqliteDatabase.open({ directory: to.path, mode: "inline" });
    const log = new SqliteEventLog({ database: restored });
    const index = new SqliteVectorIndex({ database: restored });
    expect((await log.identity("mutations")).id).not.toBe(identity.id);
    const [range] = await log.ranges("mutations");
    expect(range?.end).toBeGreaterThanOrEqual(1);
    expect(range?.end).toBeLessThanOrEqual(2);
    expect(await index.pointsOf(generation, anId())).toHaveLength(2);
  },
);

test("a restore replaces a database only when told, and sets it aside", async () => {
  using directory = new TemporaryDirectory();
  const backup = directory.file("backup.db");
  await using database = await SqliteDatabase.open({ directory: directory.path, mode: "inline" });
  const { log } = await fill(database);
  await database.backup(backup);
  await log.append("mutations", [{ key: "b", value: "2" }]);

  expect(() => restoreBackup({ backup, directory: directory.path })).toThrow(
    DataDirectoryLockedError,
  );
  await database[Symbol.asyncDispose]();
  expect(() => restoreBackup({ backup, directory: directory.path })).toThrow("exists already");
  restoreBackup({ backup, directory: directory.path, replace: true });

  await using restored = await SqliteDatabase.open({ directory: directory.path, mode: "inline" });
  const [range] = await new SqliteEventLog({ database: restored }).ranges("mutations");
  expect(range?.end).toBe(1);
  using other = new TemporaryDirectory();
  restoreBackup({ backup: directory.file("tidemark.db.before-restore"), directory: other.path });
  await using before = await SqliteDatabase.open({ directory: other.path, mode: "inline" });
  expect((await new SqliteEventLog({ database: before }).ranges("mutations"))[0]?.end).toBe(2);
});

test("what is no whole database is not restored", () => {
  using directory = new TemporaryDirectory();
  const backup = directory.file("backup.db");
  writeFileSync(backup, "not a database".repeat(1_000));

  const restore = () => restoreBackup({ backup, directory: directory.file("data") });

  expect(restore).toThrow(CorruptDatabaseError);
  expect(() =>
    restoreBackup({ backup: directory.file("none"), directory: directory.path }),
  ).toThrow("no backup");
});
