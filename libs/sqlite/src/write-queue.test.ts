import { OverloadedError } from "@tidemark/pipeline";
import { aGeneration, aManifest, somePoints } from "@tidemark/testing";
import { SqliteDatabase, SqliteVectorIndex } from "./index.ts";
import { WriteQueue } from "./write-queue.ts";

const never = { shares: (_first: string, _other: string) => false, jobsMax: 10 };

function drain(queue: WriteQueue<string>, options = never): string[][] {
  const taken: string[][] = [];
  for (let jobs = queue.take(options); jobs.length > 0; jobs = queue.take(options)) {
    taken.push([...jobs]);
  }
  return taken;
}

test("restrictions go before content, and content before what is in the background", () => {
  const queue = new WriteQueue<string>();
  queue.push("background", "b1");
  queue.push("content", "c1");
  queue.push("restriction", "r1");
  queue.push("content", "c2");
  queue.push("restriction", "r2");

  expect(drain(queue).flat()).toEqual(["r1", "r2", "c1", "c2", "b1"]);
});

test("content that would wait behind too much is refused, a restriction never", async () => {
  await using database = await SqliteDatabase.open({ directory: null, writesWaitingMax: 0 });
  const index = new SqliteVectorIndex({ database });
  await index.ensureGeneration(aGeneration, 32);

  await expect(index.putPoints(aGeneration, somePoints(["ebb"]))).rejects.toThrow(OverloadedError);

  const manifest = aManifest({ indexed: null });
  const restriction = { manifest, tokenRead: null, put: [], sweep: null };
  expect(await index.commit(aGeneration, [restriction], [])).toEqual(["won"]);
});

test("those that can share go together, bounded, and all stay in their order", () => {
  const queue = new WriteQueue<string>();
  for (const job of ["a1", "x1", "a2", "x2", "a3", "a4"]) queue.push("content", job);

  const shares = (first: string, other: string) => first.startsWith("a") && other.startsWith("a");

  expect(drain(queue, { shares, jobsMax: 3 })).toEqual([
    ["a1", "a2", "a3"],
    ["x1"],
    ["x2"],
    ["a4"],
  ]);
});
