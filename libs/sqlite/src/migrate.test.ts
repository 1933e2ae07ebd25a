import { existsSync, openSync, readdirSync, statSync, writeFileSync, writeSync } from "node:fs";
import { Connection } from "./connection.ts";
import { CorruptDatabaseError, NewerDatabaseError } from "./errors.ts";
import { TemporaryDirectory } from "./fixtures/temporary-directory.ts";
import { migrate, versionOf } from "./migrate.ts";
import { SqliteDatabase, SqliteEventLog } from "./index.ts";
import { migrations } from "./schema.ts";

const open = (file: string) => new Connection({ file, role: "writer" });
const first = "create table tide (level integer)";
const second = "alter table tide add column moon text default 'full'";

test("a file takes the steps it lacks, after a copy of it was set aside", () => {
  using directory = new TemporaryDirectory();
  const file = directory.file("a.db");
  using connection = open(file);
  migrate(connection, [first]);
  connection.run("insert into tide (level) values (7)");

  migrate(connection, [first, second]);

  expect(versionOf(connection)).toBe(2);
  expect(connection.all("select * from tide")).toEqual([{ level: 7, moon: "full" }]);
  using before = open(`${file}.before-v2`);
  expect(versionOf(before)).toBe(1);
  expect(before.all("select * from tide")).toEqual([{ level: 7 }]);
});

test("a new file needs no copy, nor does one that is as it should be", () => {
  using directory = new TemporaryDirectory();
  using connection = open(directory.file("a.db"));

  migrate(connection, [first, second]);
  migrate(connection, [first, second]);

  expect(readdirSync(directory.path).filter((name) => name.includes("before"))).toEqual([]);
});

test("a step that fails leaves the file as it was before it", () => {
  using directory = new TemporaryDirectory();
  using connection = open(directory.file("a.db"));

  const wrong = `${second}; insert into nowhere values (1)`;
  expect(() => migrate(connection, [first, wrong])).toThrow("nowhere");

  expect(versionOf(connection)).toBe(1);
  expect(connection.all("select * from tide")).toEqual([]);
  migrate(connection, [first, second]);
  expect(versionOf(connection)).toBe(2);
});

test.each(["threads", "inline"] as const)("a newer file is refused by name, %s", async (mode) => {
  using directory = new TemporaryDirectory();
  {
    using connection = open(directory.file("tidemark.db"));
    connection.database.exec("pragma user_version = 999");
  }

  const refused = await SqliteDatabase.open({ directory: directory.path, mode }).catch(
    (error: unknown) => error,
  );

  expect(refused).toBeInstanceOf(NewerDatabaseError);
  expect((refused as Error).message).toContain(directory.file("tidemark.db"));
  expect((refused as Error).message).toContain(`version 999`);
  expect((refused as Error).message).toContain(`knows ${migrations.length}`);
  // Refused, the directory is free.
  expect(existsSync(directory.file("tidemark.lock.json"))).toBe(false);
});

test("a file that is no database is a clear error", async () => {
  using directory = new TemporaryDirectory();
  writeFileSync(directory.file("tidemark.db"), "no database ".repeat(1000));

  const opened = SqliteDatabase.open({ directory: directory.path });

  await expect(opened).rejects.toThrow(CorruptDatabaseError);
  await expect(opened).rejects.toThrow("restore a backup");
});

test("damage inside the file is a clear error, and not an answer", async () => {
  using directory = new TemporaryDirectory();
  const options = { directory: directory.path, mode: "inline" } as const;
  const records = Array.from({ length: 500 }, (_, at) => ({
    key: `k${at}`,
    value: "x".repeat(200),
  }));
  {
    await using database = await SqliteDatabase.open(options);
    await new SqliteEventLog({ database }).append("hints", records);
    await database.checkpoint();
  }
  const file = directory.file("tidemark.db");
  const page = 8192;
  // The first page says what tables there are; all others are overwritten.
  const garbage = Buffer.alloc(statSync(file).size - page, 0xa5);
  writeSync(openSync(file, "r+"), garbage, 0, garbage.length, page);

  await using database = await SqliteDatabase.open(options);
  const read = new SqliteEventLog({ database }).ranges("hints");

  await expect(read).rejects.toThrow(CorruptDatabaseError);
});

test("what was written is there when the directory is opened again", async () => {
  using directory = new TemporaryDirectory();
  for (let round = 0; round < 3; round += 1) {
    await using database = await SqliteDatabase.open({ directory: directory.path, mode: "inline" });
    const log = new SqliteEventLog({ database });
    const [appended] = await log.append("hints", [{ key: "a", value: `${round}` }]);
    expect(appended).toEqual({ partition: 0, offset: round });
  }
});
