/**
 * Documents like those people have: the handbook's pages, their sentences dealt out anew by a seed.
 * Headings, lists and code stay; prose is the page's own, mixed with its neighbours'.
 */
import { globSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { between, pick, seededChance, shuffled } from "@tidemark/testing";
import { repository } from "./machine.ts";

export interface CorpusDocument {
  readonly key: string;
  readonly text: string;
}

type Chance = ReturnType<typeof seededChance>;
type Block = { readonly kind: "heading" | "prose" | "other"; readonly text: string };

const handbook = join(repository, "examples/handbook");
/** Of a page's sentences, so many come from other pages. */
const foreignShare = 0.3;
const sectionsMax = 9;

/** The same documents for the same seed. */
export function makeCorpus(count: number, seed: number): readonly CorpusDocument[] {
  const chance = seededChance(seed);
  const pages = readPages();
  const pool = pages.flatMap(({ blocks }) => blocks.filter(isProse).flatMap(sentencesOf));
  return Array.from({ length: count }, (_, at) => {
    const page = pages[at % pages.length];
    if (!page) throw new Error("the handbook has no pages");
    const text = varied(page.blocks, { chance, pool, at });
    return { key: `${page.directory}/page-${String(at).padStart(5, "0")}.md`, text };
  });
}

export async function writeCorpus(
  directory: string,
  documents: readonly CorpusDocument[],
): Promise<void> {
  for (const { key, text } of documents) {
    const path = join(directory, key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

/** The document with one sentence more, somewhere in its prose. */
export function withSentence(text: string, sentence: string, seed: number): string {
  const blocks = text.split("\n\n");
  const prose = blocks.flatMap((block, at) => (/^[A-Z][a-z]/u.test(block) ? [at] : []));
  const at = prose.length === 0 ? blocks.length - 1 : pick(seededChance(seed), prose);
  return blocks.map((block, place) => (place === at ? `${block} ${sentence}` : block)).join("\n\n");
}

function readPages(): { readonly directory: string; readonly blocks: readonly Block[] }[] {
  return globSync("**/*.md", { cwd: handbook })
    .sort()
    .map((key) => {
      const text = readFileSync(join(handbook, key), "utf8").replace(/^---\n[\s\S]*?\n---\n/u, "");
      return { directory: dirname(key) === "." ? "top" : dirname(key), blocks: blocksOf(text) };
    });
}

/** Blank lines part blocks, except within a fence. */
function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let open: string | null = null;
  for (const part of text.trim().split(/\n{2,}/u)) {
    const whole: string = open === null ? part : `${open}\n\n${part}`;
    const fences = whole.match(/^\s*```/gmu)?.length ?? 0;
    open = fences % 2 === 1 ? whole : null;
    if (open === null) blocks.push({ kind: kindOf(whole), text: whole });
  }
  return blocks;
}

function kindOf(text: string): Block["kind"] {
  if (text.startsWith("#")) return "heading";
  return /^[A-Z*_"[]/u.test(text) && !text.includes("```") && !text.startsWith("* ")
    ? "prose"
    : "other";
}

const isProse = ({ kind }: Block) => kind === "prose";

function sentencesOf({ text }: Block): string[] {
  return text.replaceAll(/\s+/gu, " ").split(/(?<=[.!?]) (?=[A-Z"*_`])/u);
}

function varied(
  blocks: readonly Block[],
  {
    at,
    chance,
    pool,
  }: { readonly at: number; readonly chance: Chance; readonly pool: readonly string[] },
): string {
  const own = shuffled(chance, blocks.filter(isProse).flatMap(sentencesOf));
  const texts: string[] = [];
  let sections = 0;
  for (const { kind, text } of blocks) {
    if (kind === "heading") sections += 1;
    if (sections > sectionsMax) break;
    if (kind === "heading") texts.push(sections === 1 ? `${text} ${at + 1}` : text);
    else if (kind === "prose") texts.push(paragraph(between(chance, 2, 6), { own, chance, pool }));
    // Lists and code would be the same chunk in every variation but for this line.
    else texts.push(`Case ${between(chance, 1_000, 999_999)} of ${at + 1}:\n\n${text}`);
  }
  return `${texts.join("\n\n")}\n`;
}

function paragraph(
  sentences: number,
  {
    chance,
    own,
    pool,
  }: { readonly own: string[]; readonly chance: Chance; readonly pool: readonly string[] },
): string {
  const taken = Array.from({ length: sentences }, () => {
    const next = chance() < foreignShare ? undefined : own.shift();
    return next ?? pick(chance, pool);
  });
  return wrapped(taken.join(" "));
}

/** As people's editors wrap lines. */
function wrapped(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length > 100) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}
