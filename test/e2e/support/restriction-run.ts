/**
 * How long a document that was revoked or deleted can still be found, while everything else waits:
 * many documents in the queue, and a very long one in the middle of its commit.
 */
import { between, eventually, pick, seededChance } from "@tidemark/testing";
import { hitOf } from "./found.ts";
import type { Deployment, StartDeployment } from "./deployment.ts";
import { ApiError, type TidemarkApi } from "./tidemark-api.ts";

export interface RestrictionRunOptions {
  readonly rounds: number;
  /** Documents that wait at least, whenever something is restricted. */
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
  /** Documents that still waited when it was hidden. */
  readonly pendingAfter: number;
  /** Whether the long document was on its way when it was made. */
  readonly amidLong: boolean;
}

const kinds: readonly RestrictionKind[] = [
  "pushed revoke",
  "pushed delete",
  "file revoke",
  "file delete",
];
const waitMs = 30_000;
const longWithinMs = 10 * 60_000;
const filledWithinMs = 15_000;
const lookMs = 50;
/** So much more than asked for waits, so that what is embedded meanwhile does not make it too short. */
const spareMax = 1_000;
const pauseMsMax = 2_000;
/** A document of fewer chunks may be done before anything else can be asked. */
const longLeast = 1_000;
const wordsOfChunk = 120;
const wordsOfQueued = 40;
const words = (
  "anchor barrel candle dune ember ferry gravel harbour island jetty kelp lantern marsh needle " +
  "oar pebble quay rope sail tide umber vessel wharf yarn zinc"
).split(" ");

/** A folder of its own that no watch hears of: what is in it is found by a scan, and waits. */
const queueFolder = "shelf";

export async function restrictionRun(
  start: StartDeployment,
  options: RestrictionRunOptions,
): Promise<{ readonly measured: readonly Restriction[]; readonly deployment: Deployment }> {
  const chance = seededChance(options.seed);
  const spare = Math.min(spareMax, options.queued);
  const shelf = { path: `./root/${queueFolder}`, permissions: "public", tenant: "*" };
  const deployment = await start({
    files: { exclude: [`${queueFolder}/**`] },
    sources: {
      app: { kind: "push", permissions: "public", tenant: "*" },
      [queueFolder]: { kind: "folder", ...shelf, watch: false, scan: "1s" },
    },
    documents: { [`${queueFolder}/first.md`]: "The first of many." },
  });
  const { api } = deployment;
  for (let round = 0; round < options.rounds; round += 1) await addProbe(deployment, round);
  // Both versions once, so that later ones are committed with vectors that are at hand.
  for (const version of [0, 1]) {
    await putLong(api, { chunks: options.longChunks, version });
    await eventually(async () => !(await isLongPending(api)), { withinMs: longWithinMs });
  }
  await eventually(() => allFound(api, options.rounds), { withinMs: longWithinMs, everyMs: 200 });
  const measured: Restriction[] = [];
  let written = 0;
  let long = 1;
  for (let round = 0; round < options.rounds; round += 1) {
    const least = options.queued + spare;
    // What is embedded before all of it is heard of makes the queue too short: then more is added.
    for (let pending = await pendingOf(api); pending < least; pending = await pendingOf(api)) {
      const count = least + spare - pending;
      await fill(deployment, { from: written, count, chance });
      written += count;
      await untilPending(api, least);
    }
    do {
      if (!(await isLongPending(api))) {
        long += 1;
        await putLong(api, { chunks: options.longChunks, version: long % 2 });
      }
      // So that the restriction falls into another part of the long document's way each time.
      await new Promise((resolve) => {
        setTimeout(resolve, between(chance, 0, pauseMsMax));
      });
    } while (options.longChunks >= longLeast && !(await isLongPending(api)));
    measured.push(await measure(deployment, round));
  }
  return { measured, deployment };
}

/** Or until so much time has passed that it does not come so far. */
async function untilPending(api: TidemarkApi, least: number): Promise<void> {
  const untilMs = performance.now() + filledWithinMs;
  while (performance.now() < untilMs && (await pendingOf(api)) < least) {
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

async function measure(deployment: Deployment, round: number): Promise<Restriction> {
  const { api } = deployment;
  const kind = kindOf(round);
  const [pending, amidLong] = await Promise.all([pendingOf(api), isLongPending(api)]);
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
  const pendingAfter = await pendingOf(api);
  return { kind, hiddenMs, answeredMs, pending, pendingAfter, amidLong };
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
  return (await api.freshnessOf(queueFolder)).pending;
}

async function isLongPending(api: TidemarkApi): Promise<boolean> {
  try {
    const { manifest } = await api.document("app", "long");
    return manifest.indexed?.revision.position !== manifest.seen.revision.position;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return true;
    throw error;
  }
}

/** Documents that all have to be embedded: no two of them say the same. */
async function fill(
  deployment: Deployment,
  options: { readonly from: number; readonly count: number; readonly chance: () => number },
): Promise<void> {
  const { chance, count, from } = options;
  for (let at = from; at < from + count; at += 1) {
    const content = `${sentenceOfWords(chance, wordsOfQueued)} ${at}`;
    await deployment.putFile(`${queueFolder}/${at % 100}/${at}.md`, content);
  }
}

/**
 * Two versions in turn, so that every one of its chunks is written and swept again. Resolves when the
 * new one is known: before that, nothing says that it is on its way.
 */
async function putLong(
  api: TidemarkApi,
  { chunks, version }: { readonly chunks: number; readonly version: number },
): Promise<void> {
  const chance = seededChance(version);
  const before = await seenOfLong(api);
  const sections = Array.from(
    { length: chunks },
    (_, at) => `## Part ${at}\n\n${sentenceOfWords(chance, wordsOfChunk)}`,
  );
  await api.put("app", "long", {
    content: sections.join("\n\n"),
    contentType: "text/markdown",
  });
  await eventually(async () => (await seenOfLong(api)) > before, { withinMs: waitMs });
}

async function seenOfLong(api: TidemarkApi): Promise<number> {
  try {
    return (await api.document("app", "long")).manifest.seen.revision.position;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return -1;
    throw error;
  }
}

function sentenceOfWords(chance: () => number, count: number): string {
  return `${Array.from({ length: count }, () => pick(chance, words)).join(" ")}.`;
}
