import type { GenerationId } from "@tidemark/domain";
import { TransientError } from "@tidemark/pipeline";
import { aManifest, anId, digestsOf, somePoints } from "@tidemark/testing";
import { TemporaryDirectory } from "./fixtures/temporary-directory.ts";
import { SqliteDatabase, SqliteEventLog, SqliteVectorIndex } from "./index.ts";

const generation = "g1" as GenerationId;
const large = "x".repeat(100_000);

test.each(["threads", "inline"] as const)(
  "a full disk is told, takes nothing half, and is recovered from, %s",
  async (mode) => {
    using directory = new TemporaryDirectory();
    await using database = await SqliteDatabase.open({ directory: directory.path, mode });
    const log = new SqliteEventLog({ database });
    const index = new SqliteVectorIndex({ database });
    await index.ensureGeneration(generation, 32);
    await log.append("hints", [{ key: "before", value: "1" }]);
    await database.limitSize((await database.size()).bytes + 20_000);

    const appends = await Promise.allSettled(
      ["a", "b", "c"].map((key) => log.append("hints", [{ key, value: large }], { durable: true })),
    );
    const put = somePoints([large], { generation });
    const manifest = aManifest({ indexed: { live: digestsOf(put) } });
    const progress = [{ topic: "mutations", group: "g", partition: 0, offset: 5 }];
    const commit = { manifest, tokenRead: null, put, sweep: null };
    const committed = index.commit(generation, [commit], progress);

    await expect(committed).rejects.toThrow(TransientError);
    await expect(committed).rejects.toThrow("disk full");
    for (const append of appends) {
      expect(append).toMatchObject({ status: "rejected", reason: { name: "TransientError" } });
    }
    // Reading goes on, and nothing of what failed is there.
    expect(await index.manifests(generation, [anId()])).toEqual([undefined]);
    expect(await index.progress("mutations", "g")).toEqual(new Map());
    expect(await log.ranges("hints")).toEqual([{ partition: 0, begin: 0, end: 1 }]);

    await database.limitSize(null);

    expect(await index.commit(generation, [commit], progress)).toEqual(["won"]);
    expect(await log.append("hints", [{ key: "a", value: large }])).toEqual([
      { partition: 0, offset: 1 },
    ]);
    expect(await index.pointsOf(generation, anId())).toHaveLength(1);
  },
);
