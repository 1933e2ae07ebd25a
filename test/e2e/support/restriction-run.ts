/**
 * How long a document that was revoked or deleted can still be found, while everything else waits:
 * many documents in the queue, and a very long one in the middle of its commit.
 */
import { between, eventually, pick, seededChance } from "@tidemark/testing";
import { hitOf } from "./found.ts";
import type { Deployment } from "./deployment.ts";
import type { TidemarkApi } from "./tidemark-api.ts";

export interface RestrictionRunOptions {
  readonly rounds: number;
  readonly queued: number;
  readonly longChunks: number;
  readonly seed: number;
}

export type RestrictionKind = "pushed revoke" | "pushed delete" | "file revoke" | "file delete";

export interface Restriction {
  readonly kind: RestrictionKind;
  /** From the moment before the change was made until a search was asked that did not find it. */
  readonly hiddenMs: number;
  /** Until that search was answered. */
  readonly answeredMs: number;
  /** Documents that waited when it was made. */
  readonly pending: number;
}

const kinds: readonly RestrictionKind[] = [
  "pushed revoke",
  "pushed delete",
  "file revoke",
  "file delete",
];
const waitMs = 30_000;
const pauseMsMax = 400;
const bulkMax = 500;
const wordsOfChunk = 120;
const words = (
  "anchor barrel candle dune ember ferry gravel harbour island jetty kelp lantern marsh needle " +
  "oar pebble quay rope sail tide umber vessel wharf yarn zinc"
).split(" ");

export async function restrictionRun(
  deployment: Deployment,
  options: RestrictionRunOptions,
): Promise<readonly Restriction[]> {
  const { api } = deployment;
  const chance = seededChance(options.seed);
  for (let round = 0; round < options.rounds; round += 1) await addProbe(deployment, round);
  await eventually(() => allFound(api, options.rounds), { withinMs: 120_000, everyMs: 200 });
  const measured: Restriction[] = [];
  let filled = 0;
  for (let round = 0; round < options.rounds; round += 1) {
    const kind = kindOf(round);
    const pending = await pendingOf(api);
    if (pending < options.queued) {
      filled += 1;
      await fill(api, { count: options.queued - pending + bulkMax, filling: filled, chance });
    }
    await putLong(api, { chunks: options.longChunks, version: round % 2 });
    // So that the restriction falls into another part of the long document's way each time.
    await new Promise((resolve) => {
      setTimeout(resolve, between(chance, 0, pauseMsMax));
    });
    const waiting = await pendingOf(api);
    const beganAtMs = performance.now();
    await restrict(deployment, kind, round);
    const hiddenMs = await eventually(
      async () => {
        const askedAtMs = performance.now();
        if (await hitOfProbe(api, round)) throw new Error(`${idOf(round)} is still found`);
        return askedAtMs - beganAtMs;
      },
      { withinMs: waitMs, everyMs: 1 },
    );
    const answeredMs = performance.now() - beganAtMs;
    measured.push({ kind, hiddenMs, answeredMs, pending: waiting });
  }
  return measured;
}

function kindOf(round: number): RestrictionKind {
  return kinds[round % kinds.length] ?? "pushed delete";
}

function sentenceOf(round: number): string {
  return `Sealed letter number ${round} names the heir of the lighthouse.`;
}

function idOf(round: number): string {
  return kindOf(round).startsWith("file") ? `files/probe-${round}.md` : `app/probe-${round}`;
}

async function addProbe(deployment: Deployment, round: number): Promise<void> {
  const content = sentenceOf(round);
  if (kindOf(round).startsWith("file")) await deployment.putFile(`probe-${round}.md`, content);
  else await deployment.api.put("app", `probe-${round}`, { content });
}

async function allFound(api: TidemarkApi, rounds: number): Promise<boolean> {
  for (let round = 0; round < rounds; round += 1) {
    if (!(await hitOfProbe(api, round))) return false;
  }
  return true;
}

function hitOfProbe(api: TidemarkApi, round: number) {
  return hitOf(api, idOf(round), { query: sentenceOf(round) });
}

async function restrict(
  deployment: Deployment,
  kind: RestrictionKind,
  round: number,
): Promise<void> {
  switch (kind) {
    case "pushed revoke":
      await deployment.api.patch("app", `probe-${round}`, { permissions: ["user:nobody"] });
      return;
    case "pushed delete":
      await deployment.api.remove("app", `probe-${round}`);
      return;
    case "file revoke": {
      const content = `---\npermissions: ["user:nobody"]\n---\n${sentenceOf(round)}`;
      await deployment.putFile(`probe-${round}.md`, content);
      return;
    }
    case "file delete":
      await deployment.deleteFile(`probe-${round}.md`);
  }
}

async function pendingOf(api: TidemarkApi): Promise<number> {
  return (await api.freshnessOf("app")).pending;
}

/** Documents that all have to be embedded: no two of them say the same. */
async function fill(
  api: TidemarkApi,
  {
    count,
    filling,
    chance,
  }: { readonly count: number; readonly filling: number; readonly chance: () => number },
): Promise<void> {
  for (let from = 0; from < count; from += bulkMax) {
    const lines = Array.from({ length: Math.min(bulkMax, count - from) }, (_, at) => ({
      key: `queued/${filling}-${from + at}`,
      content: `${sentenceOfWords(chance, 40)} ${filling} ${from + at}`,
    }));
    const { status } = await api.bulk("app", lines);
    if (status !== 202) throw new Error(`the bulk write was answered with ${status}`);
  }
}

/** Two versions in turn, so that every one of its chunks is written and swept again. */
async function putLong(
  api: TidemarkApi,
  { chunks, version }: { readonly chunks: number; readonly version: number },
): Promise<void> {
  const chance = seededChance(version);
  const sections = Array.from(
    { length: chunks },
    (_, at) => `## Part ${at}\n\n${sentenceOfWords(chance, wordsOfChunk)}`,
  );
  await api.put("app", "long", {
    content: sections.join("\n\n"),
    contentType: "text/markdown",
  });
}

function sentenceOfWords(chance: () => number, count: number): string {
  return `${Array.from({ length: count }, () => pick(chance, words)).join(" ")}.`;
}
