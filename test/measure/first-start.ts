/**
 * The first start on the bundled handbook: how long until every document is searchable and a
 * sentence of the last one is the first hit.
 *
 *   node test/measure/first-start.ts [command to start with; default: npm start]
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@tidemark/testing";
import { hitOf } from "../e2e/support/found.ts";
import { handbookPages } from "../e2e/support/handbook.ts";
import { TidemarkApi } from "../e2e/support/tidemark-api.ts";

const withinMs = 60_000;
const root = join(import.meta.dirname, "../..");
const query =
  "The lighthouse keeper of this handbook counts its pages every midnight and has never found one missing.";
const last = "files/zz-about-this-handbook.md";
/** What front matter hides from those who are nobody in particular. */
const hidden = /^---\n(?:.*\n)*?(?:archived: true|permissions:)/u;

const [command = "npm", ...words] = process.argv.slice(2);
const data = await mkdtemp(join(tmpdir(), "tidemark-first-"));
const beganAtMs = performance.now();
const started = spawn(
  command,
  [...(words.length > 0 ? words : ["start", "--"]), "--port", "0", "--data-dir", data],
  { cwd: root, stdio: ["ignore", "inherit", "inherit"], detached: true },
);
try {
  const api = await eventually(listening, { withinMs, everyMs: 20 });
  console.log(`listens after ${elapsed()} ms`);
  const pages = handbookPages();
  const open = pages.filter(({ text }) => !hidden.test(text));
  await eventually(
    async () => {
      for (const { key } of pages) await mustStand(api, key);
      for (const { key, text } of open) {
        const hit = await hitOf(api, `files/${key}`, { query: textOf(text) });
        if (!hit) throw new Error(`${key} is not found`);
      }
      const { results } = await api.search({ query, limit: 1 });
      if (results[0]?.documentId !== last || !results[0].text.includes(query)) {
        throw new Error(`the first hit is ${results[0]?.documentId}`);
      }
    },
    { withinMs: withinMs - elapsed(), everyMs: 200 },
  );
  const hiding = pages.length - open.length;
  console.log(
    `${open.length} of ${pages.length} documents found, ${hiding} kept from nobody in particular, ` +
      `the last sentence first, after ${elapsed()} ms`,
  );
} finally {
  // The group: npm does not pass every signal on.
  process.kill(-(started.pid ?? 0), "SIGTERM");
  await new Promise((resolve) => {
    started.once("close", resolve);
  });
  await rm(data, { recursive: true, force: true });
}

function listening(): TidemarkApi {
  if (started.exitCode !== null) throw new Error(`it ended with ${started.exitCode}`);
  const note = join(data, "process.json");
  if (!existsSync(note)) throw new Error("it does not listen yet");
  return new TidemarkApi((JSON.parse(readFileSync(note, "utf8")) as { url: string }).url);
}

/** Every document was seen and has a standing that its front matter asks for. */
async function mustStand(api: TidemarkApi, key: string): Promise<void> {
  const { standing } = await api.why(`files/${key}`);
  if (standing !== "searchable" && standing !== "archived")
    throw new Error(`${key} is ${standing}`);
}

function textOf(page: string): string {
  return page.replace(/^---\n.*?\n---\n/su, "").slice(0, 300);
}

function elapsed(): number {
  return Math.round(performance.now() - beganAtMs);
}
