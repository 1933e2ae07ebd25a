/**
 * Writers of one document at once, each with a revision of its own, over clients of their own. Some
 * are zombies: they read early, sleep while the others go on, and write late.
 */
import { isNewer, type DocumentId, type GenerationId, type Manifest } from "@tidemark/domain";
import { TransientError, type DocumentCommit, type VectorIndex } from "@tidemark/pipeline";
import {
  aManifest,
  aRevision,
  aToken,
  digestsOf,
  seededChance,
  somePoints,
} from "@tidemark/testing";
import { setTimeout as sleep } from "node:timers/promises";

export const raceDimension = 16;

export interface Race {
  /** Clients; writers take them in turn. */
  readonly indexes: readonly VectorIndex[];
  readonly generation: GenerationId;
  readonly documentId: DocumentId;
  readonly writers: number;
  readonly seed: number;
}

export interface RaceReport {
  readonly lost: number;
  readonly superseded: number;
  readonly retriedErrors: number;
}

const pauseMsMax = 40;
const zombieShare = 0.3;
const zombiePauseMs = 150;

/** Runs until every writer has won or was passed by a newer revision. */
export async function runRace(race: Race): Promise<RaceReport> {
  const chance = seededChance(race.seed);
  const report = { lost: 0, superseded: 0, retriedErrors: 0 };
  const revisions = Array.from({ length: race.writers }, (_, at) => at + 1);
  await Promise.all(
    revisions.map(async (revision, at) => {
      const index = race.indexes[at % race.indexes.length];
      if (!index) throw new Error("a race needs a client");
      const isZombie = chance() < zombieShare;
      const pauses = [chance() * pauseMsMax, isZombie ? zombiePauseMs : chance() * pauseMsMax];
      await writeUntilDecided(race, { index, revision, pauses }, report);
    }),
  );
  return report;
}

async function writeUntilDecided(
  race: Race,
  writer: {
    readonly index: VectorIndex;
    readonly revision: number;
    readonly pauses: readonly number[];
  },
  report: { -readonly [name in keyof RaceReport]: number },
): Promise<void> {
  const { generation, documentId } = race;
  const { index, revision, pauses } = writer;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await sleep(attempt === 0 ? pauses[0] : 1);
      const [found] = await index.manifests(generation, [documentId]);
      await sleep(attempt === 0 ? pauses[1] : 1);
      if (found?.indexed && !isNewer(aRevision(revision), found.seen.revision)) {
        report.superseded += 1;
        await index.sweep(generation, documentId, found.indexed);
        return;
      }
      const [outcome] = await index.commit(generation, [commitOf(race, revision, found)], []);
      if (outcome === "won") return;
      report.lost += 1;
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      report.retriedErrors += 1;
      await sleep(50);
    }
  }
}

/** Two texts that all revisions share, and one of its own. */
export function textsOf(revision: number): readonly string[] {
  return ["ebb", `by ${revision}`, "flood"];
}

function commitOf(race: Race, revision: number, found: Manifest | undefined): DocumentCommit {
  const { generation, documentId } = race;
  const put = somePoints(textsOf(revision), {
    generation,
    documentId,
    revision,
    dimension: raceDimension,
  });
  const live = digestsOf(put);
  const manifest = aManifest({
    documentId,
    revision,
    token: aToken(),
    indexed: { live, contentHash: `${revision}` },
  });
  const { copied } = found ?? manifest;
  return {
    manifest: { ...manifest, copied: found ? copied : manifest.copied },
    tokenRead: found?.token ?? null,
    put,
    sweep: { revision: aRevision(revision), live },
  };
}

/** The newest revision is live, whole, and nothing else is stored. */
export async function expectNewest(race: Race, index: VectorIndex): Promise<void> {
  const { generation, documentId, writers } = race;
  const [manifest] = await index.manifests(generation, [documentId]);
  expect(manifest?.seen.revision).toEqual(aRevision(writers));
  expect(manifest?.indexed?.revision).toEqual(aRevision(writers));
  const points = await index.pointsOf(generation, documentId);
  expect(points.map(({ text }) => text).sort()).toEqual([...textsOf(writers)].sort());
  expect([...digestsOf(points)].sort()).toEqual([...(manifest?.indexed?.live ?? [])].sort());
}
