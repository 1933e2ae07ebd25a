import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { Child } from "./fixtures/child-process.ts";
import { TemporaryDirectory } from "./fixtures/temporary-directory.ts";
import { DataDirectoryLockedError, SqliteDatabase } from "./index.ts";

test("a second process is told who holds the directory, and may have it after a kill", async () => {
  using directory = new TemporaryDirectory();
  await using holder = await Child.start("hold-directory.ts", directory.path, 1);

  const refused = await SqliteDatabase.open({ directory: directory.path }).catch(
    (error: unknown) => error,
  );
  await holder.kill();
  await using database = await SqliteDatabase.open({ directory: directory.path });

  expect(refused).toBeInstanceOf(DataDirectoryLockedError);
  const { message, holder: who } = refused as DataDirectoryLockedError;
  expect(who).toMatchObject({ pid: holder.pid, host: hostname() });
  expect(who?.command).toContain("hold-directory.ts");
  expect(Date.parse(who?.since ?? "")).toBeLessThanOrEqual(Date.now());
  expect(message).toContain(directory.path);
  expect(message).toContain(`process ${holder.pid} on ${hostname()}`);
  expect((await database.size()).bytes).toBeGreaterThan(0);
});

test("the same process is refused too, until it lets go", async () => {
  using directory = new TemporaryDirectory();
  const options = { directory: directory.path, mode: "inline" } as const;
  await using first = await SqliteDatabase.open(options);

  await expect(SqliteDatabase.open(options)).rejects.toThrow(DataDirectoryLockedError);
  await first[Symbol.asyncDispose]();
  await using second = await SqliteDatabase.open(options);

  expect((await second.size()).bytes).toBeGreaterThan(0);
});

test("a note that nobody holds, or that cannot be read, blocks nobody", async () => {
  using directory = new TemporaryDirectory();
  writeFileSync(directory.file("tidemark.lock.json"), "{");

  await using database = await SqliteDatabase.open({ directory: directory.path, mode: "inline" });

  expect((await database.size()).bytes).toBeGreaterThan(0);
});
