/** What a log says of a table in the end, and what it shows of the reading: read when nobody writes it. */
import { decodeMutation, isNewer, keyOf, type Mutation } from "@tidemark/domain";
import { mutationsTopic } from "@tidemark/pipeline";
import { SqliteDatabase, SqliteEventLog, SqliteVectorIndex } from "@tidemark/sqlite";
import { aGeneration } from "@tidemark/testing";
import { compareDocuments } from "../../integration/support/row-differences.ts";
import type { HeldTransaction } from "./held-transactions.ts";

export interface Verdict {
  readonly documents: number;
  readonly records: number;
  readonly missing: number;
  /** Documents without a row, such as the other one of two that are one row's. */
  readonly duplicated: number;
  readonly stale: number;
  /**
   * Documents with two different states at their newest revision: nobody could tell which is newer. (A
   * change whose row had to be read may be sent again and read again; what changed the row between
   * the two comes after it.)
   */
  readonly ambiguous: number;
  /** The same of the index, that the restrictor made of the log. */
  readonly wrongInIndex: number;
  /** The first few, to look into. */
  readonly examples: readonly string[];
}

/** What a snapshot or a re-snapshot stated of a row. */
interface Stating {
  readonly key: string;
  readonly epoch: number;
  readonly statedAtMs: number;
}

export interface JudgedLog {
  readonly verdict: Verdict;
  readonly statings: readonly Stating[];
}

type Whole = Exclude<Mutation, { kind: "unreadable" }>;

/** At most so long before it is stated, a row is read: chunks are read ahead. */
const readBeforeMs = 150;
const recordsMax = 5_000;
const manifestsMax = 10_000_000;
const examplesMax = 10;

export async function judgeLog(
  directory: string,
  expected: ReadonlyMap<string, { readonly sourceDigest: string }>,
): Promise<JudgedLog> {
  await using database = await SqliteDatabase.open({ directory });
  const newest = new Map<string, Whole>();
  const statings: Stating[] = [];
  const ambiguous = new Set<string>();
  let records = 0;
  for await (const mutation of mutationsIn(new SqliteEventLog({ database }))) {
    const key = keyOf(mutation.documentId);
    records += 1;
    if (mutation.reason === "snapshot" || mutation.reason === "reconcile") {
      const { observedAtMs: statedAtMs, revision } = mutation;
      statings.push({ key, epoch: revision.epoch, statedAtMs });
    }
    const known = newest.get(key);
    if (!known || isNewer(mutation.revision, known.revision)) {
      newest.set(key, mutation);
      ambiguous.delete(key);
    } else if (!isNewer(known.revision, mutation.revision) && stateOf(known) !== stateOf(mutation))
      ambiguous.add(key);
  }
  const live = new Map([...newest].filter(([, { kind }]) => kind !== "delete"));
  const wrong = compareDocuments(live, expected);
  const inIndex = compareDocuments(await documentsIn(database), expected);
  const count = (kind: string) => wrong.filter((each) => each.startsWith(kind)).length;
  return {
    statings,
    verdict: {
      documents: live.size,
      records,
      missing: count("missing"),
      duplicated: count("too many"),
      stale: count("stale"),
      ambiguous: ambiguous.size,
      wrongInIndex: inIndex.length,
      examples: [...wrong, ...inIndex.map((each) => `index: ${each}`)].slice(0, examplesMax),
    },
  };
}

/** Rows that were read while a transaction that had changed them was open, and committed later. */
export function readWhileOpen(
  statings: readonly Stating[],
  held: readonly HeldTransaction[],
): Readonly<Record<HeldTransaction["kind"], number>> {
  const byKey = Map.groupBy(statings, ({ key }) => key);
  const count = (kind: HeldTransaction["kind"]) =>
    held
      .filter((each) => each.kind === kind && each.isCommitted)
      .flatMap(({ endsAtMs, keys, writtenAtMs }) =>
        keys.filter((id) =>
          byKey.get(`public.items/${id}`)?.some(({ statedAtMs }) => {
            return statedAtMs - readBeforeMs > writtenAtMs && statedAtMs < endsAtMs;
          }),
        ),
      ).length;
  return { open: count("open"), prepared: count("prepared") };
}

async function* mutationsIn(log: SqliteEventLog): AsyncGenerator<Whole> {
  for (const { begin, end, partition } of await log.ranges(mutationsTopic)) {
    for (let from = begin; from < end;) {
      const read = await log.read(mutationsTopic, partition, { from, to: end, recordsMax });
      for (const { offset, value } of read) {
        const mutation = decodeMutation(value ?? "", offset);
        // Markers are among them.
        if (!("problem" in mutation) || "documentId" in mutation) {
          if (mutation.kind === "unreadable") throw new Error(`record ${offset} cannot be read`);
          yield mutation;
        }
      }
      from = (read.at(-1)?.offset ?? end) + 1;
    }
  }
}

async function documentsIn(database: SqliteDatabase) {
  const index = new SqliteVectorIndex({ database });
  const range = { after: null, limit: manifestsMax };
  const listed = await index.listManifests(aGeneration, "shop" as never, range);
  const ids = listed.filter(({ deleted }) => !deleted).map((each) => each.documentId);
  const found = new Map<string, { readonly sourceDigest: string | null }>();
  for (let at = 0; at < ids.length; at += recordsMax) {
    for (const each of await index.manifests(aGeneration, ids.slice(at, at + recordsMax))) {
      if (each) found.set(keyOf(each.documentId), each.seen);
    }
  }
  return found;
}

function stateOf({ kind, sourceDigest }: Whole): string {
  return `${kind} ${sourceDigest}`;
}
