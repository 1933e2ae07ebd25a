import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SpendingNotes } from "./spending-notes.ts";

const directory = mkdtempSync(join(tmpdir(), "tidemark-spending-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("what was spent today outlives the process", () => {
  const below = join(directory, "data");
  new SpendingNotes(below).write("openai", { day: "2026-03-01", spent: 1.5 });

  const read = new SpendingNotes(below).read("openai");

  expect(read).toEqual({ day: "2026-03-01", spent: 1.5 });
});

test("a note that is cut off is no spending, and stops nobody", () => {
  writeFileSync(join(directory, "spent-broken.json"), '{"day":"2026-');

  expect(new SpendingNotes(directory).read("broken")).toBeNull();
  expect(new SpendingNotes(directory).read("never")).toBeNull();
});
