/** 200 random edits in 20 long documents made of real pages, and what each of them cost. */
import { eventually, seededChance } from "@tidemark/testing";
import { handbookText, plainPages } from "./handbook.ts";
import { edited, vocabularyOf } from "./random-edit.ts";
import type { TidemarkApi, WhyWire } from "./tidemark-api.ts";

const documents = 20;
const editsOfDocument = 10;
/** About 100 chunks. */
const pagesOfDocument = 11;
const chunksLeast = 80;
const waitMs = 30_000;

export interface EditRun {
  /** For each edit, the chunks that were embedded. */
  readonly embedded: readonly number[];
  /** For each edit, the chunks that are not those from before, wherever their vectors came from. */
  readonly changed: readonly number[];
}

export async function editRun(
  api: TidemarkApi,
  options: {
    readonly seed: number;
    /** Each in a tenant of its own, so that none can take a vector from another. */
    readonly apart?: boolean;
  },
): Promise<EditRun> {
  const chance = seededChance(options.seed);
  const vocabulary = vocabularyOf(handbookText(pagesOfDocument * documents));
  const texts = longDocuments();
  await putAll(api, texts, options.apart ?? false);
  for (let round = 0; round < editsOfDocument; round += 1) {
    for (const [at, text] of texts.entries()) texts[at] = edited(chance, text, vocabulary);
    await putAll(api, texts, options.apart ?? false);
  }
  const embedded: number[] = [];
  const changed: number[] = [];
  for (const at of texts.keys()) {
    const { manifest, receipts } = await api.why(`app/long-${at}`);
    if ((manifest?.indexed?.chunks ?? 0) < chunksLeast) throw new Error(`long-${at} is short`);
    const [, ...edits] = [...applied(receipts)];
    for (const { chunks } of edits) {
      embedded.push(chunks.embedded);
      changed.push(chunks.embedded + chunks.reused);
    }
  }
  return { embedded, changed };
}

/** The receipts of runs that made content searchable, oldest first. */
export function indexedIn(receipts: WhyWire["receipts"]): WhyWire["receipts"] {
  return receipts
    .filter(({ outcome }) => outcome === "indexed")
    .sort((a, b) => a.revision.position - b.revision.position);
}

/** One receipt a revision, oldest first: an edit may leave the text as it was. */
function applied(receipts: WhyWire["receipts"]): Iterable<WhyWire["receipts"][number]> {
  const byRevision = receipts
    .filter(({ outcome, stage }) => stage === "upserter" && outcome !== "superseded")
    .sort((a, b) => a.revision.position - b.revision.position)
    .map((receipt) => [receipt.revision.position, receipt] as const);
  return new Map(byRevision).values();
}

function longDocuments(): string[] {
  const pages = plainPages().map(({ text }) => text);
  return Array.from({ length: documents }, (_, at) =>
    Array.from(
      { length: pagesOfDocument },
      (_page, page) => pages[(at * 7 + page) % pages.length],
    ).join("\n\n"),
  );
}

/** Waits until each is what a search finds, so that every edit has a run of its own. */
async function putAll(api: TidemarkApi, texts: readonly string[], apart: boolean): Promise<void> {
  const { answers } = await api.bulk(
    "app",
    texts.map((content, at) => ({
      key: `long-${at}`,
      content,
      contentType: "text/markdown",
      ...(apart ? { tenant: `tenant-${at}` } : {}),
    })),
  );
  for (const answer of answers) {
    if ("error" in answer) throw new Error(answer.error.detail);
    // The first of them embeds some 2,000 chunks, which takes a busy machine longer than one wait.
    await eventually(
      async () => {
        const { after } = await api.search({
          query: "edit",
          after: answer.token,
          limit: 1,
          waitMs,
        });
        if (after[0]?.status !== "visible") throw new Error(JSON.stringify(after));
      },
      { withinMs: 4 * waitMs },
    );
  }
}
