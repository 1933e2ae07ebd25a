/** The table of fences against the code, the tests and the page that tells of them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { removeFence } from "./fence.ts";
import { fences } from "./fences.ts";
import { promisesPage } from "./promises-page.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

test("every fence stands where its patch looks for it, once", () => {
  const misplaced = fences.flatMap((fence) => {
    try {
      return removeFence(read(fence.file), fence) === read(fence.file) ? [fence.does] : [];
    } catch (error) {
      return [(error as Error).message];
    }
  });

  expect(misplaced).toEqual([]);
});

test("every fence has a test of its own, and the test is there", () => {
  const names = fences.map(({ test: name }) => name);
  const written = readdirSync(join(root, "test/promises"))
    .filter((name) => name.endsWith(".test.ts"))
    .flatMap((name) => [...read(`test/promises/${name}`).matchAll(/^test\("(?<title>[^"]+)"/gmu)])
    .map((match) => match.groups?.["title"] ?? "");

  expect(new Set(names).size).toBe(names.length);
  expect(names.toSorted()).toEqual(written.toSorted());
});

test("every promise has three fences and more", () => {
  const counts = [1, 2, 3, 4, 5, 6, 7, 8].map(
    (promise) => fences.filter((fence) => fence.promise === promise).length,
  );

  expect(Math.min(...counts)).toBeGreaterThanOrEqual(3);
});

test("docs/promises.md lists what the table has; `node test/fences/write-page.ts` writes it", () => {
  expect(read("docs/promises.md")).toBe(promisesPage());
});
