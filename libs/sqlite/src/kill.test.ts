import type { DocumentId, GenerationId } from "@tidemark/domain";
import { Connection } from "./connection.ts";
import { Child } from "./fixtures/child-process.ts";
import { TemporaryDirectory } from "./fixtures/temporary-directory.ts";
import { SqliteDatabase, SqliteEventLog, SqliteVectorIndex } from "./index.ts";

const generation = "g1" as GenerationId;

test("after a kill in the middle of writes nothing that was answered is lost, and nothing is half", async () => {
  for (const lines of [20, 173, 390]) {
    using directory = new TemporaryDirectory();
    await using child = await Child.start("write-until-killed.ts", directory.path, lines);
    await child.kill();
    const highest = (what: string) =>
      Math.max(
        -1,
        ...child.lines.flatMap((line) => (line.startsWith(what) ? Number(line.split(" ")[1]) : [])),
      );

    await using database = await SqliteDatabase.open({ directory: directory.path, mode: "inline" });
    const log = new SqliteEventLog({ database });
    const index = new SqliteVectorIndex({ database });
    const [range] = await log.ranges("mutations");
    const records = await log.read("mutations", 0, { from: 0, to: 1e9, recordsMax: 1e9 });
    const acknowledged = (await index.progress("mutations", "upserter.g1")).get(0) ?? 0;
    const ids = records.map(({ key }) => key as DocumentId);
    const manifests = await index.manifests(generation, ids);

    expect(range?.end).toBeGreaterThan(highest("appended"));
    expect(records.map(({ offset }) => offset)).toEqual(
      Array.from({ length: range?.end ?? 0 }, (_, offset) => offset),
    );
    expect(acknowledged).toBeGreaterThanOrEqual(highest("committed"));
    // The document, its points and the offset are one transaction: as many of each.
    expect(manifests.map((manifest) => manifest !== undefined)).toEqual(
      ids.map((_, offset) => offset < acknowledged),
    );
    for (const id of ids) {
      const points = await index.pointsOf(generation, id);
      expect(points).toHaveLength(ids.indexOf(id) < acknowledged ? 2 : 0);
    }
    await database[Symbol.asyncDispose]();
    using connection = new Connection({ file: directory.file("tidemark.db"), role: "writer" });
    expect(connection.all("pragma integrity_check")).toEqual([{ integrity_check: "ok" }]);
  }
}, 60_000);
