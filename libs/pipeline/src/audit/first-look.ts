/** Reads each side of a source once, and compares them range by range: only what differs is kept. */
import {
  chainDigests,
  compareRows,
  documentId,
  noDigests,
  type AuditedSetAside,
  type AuditedSides,
  type DocumentId,
} from "@tidemark/domain";
import { setImmediate } from "node:timers/promises";
import { TransientError } from "../errors.ts";
import type { LeafPage, ManifestLeaf } from "../ports/audited-index.ts";
import type { AuditedSource, AuditRun } from "./audit-run.ts";

const pageMax = 1_000;
const rowsMax = 1_024;
const setAsideExamplesMax = 20;
const messageCharactersMax = 300;

export interface FirstLook extends AuditedSides {
  /** Documents with points, drawn by chance. */
  readonly sample: readonly DocumentId[];
  readonly setAside: AuditedSetAside;
}

export async function lookFirst(
  run: AuditRun,
  source: AuditedSource,
  sampleMax: number,
): Promise<FirstLook> {
  const listing = await readListing(run, source);
  const { manifests, sample, setAside } = await readManifests(run, source, sampleMax);
  const points = await readPoints(run, source);
  // Last: what is written meanwhile is then in the log too, and differs least.
  await run.fold.advance(run.signal);
  const compared = await compareSpooled(run, source, listing.isListed);
  return { ...listing, ...compared, manifests, points, sample, setAside };
}

async function readListing(
  { signal, spool }: AuditRun,
  { from, name }: AuditedSource,
): Promise<Pick<FirstLook, "isListed" | "listed" | "why">> {
  if (!from)
    return {
      isListed: false,
      listed: 0,
      why: "it has no listing, or none that this process can read",
    };
  let listed = 0;
  let page: { id: DocumentId; digest: string }[] = [];
  try {
    for await (const { digest, key } of from.list(signal)) {
      page.push({ id: documentId(name, key), digest });
      listed += 1;
      if (page.length < pageMax) continue;
      spool.putListed(page);
      page = [];
    }
    spool.putListed(page);
    const isProof = (await from.provesAbsence?.()) ?? true;
    const why = isProof ? null : "its root is another one than it was";
    return { isListed: isProof, listed, why };
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    return { isListed: false, listed, why: `it could not be listed: ${error.message}` };
  }
}

async function readManifests(
  { chance, generation, index, signal, spool }: AuditRun,
  { name }: AuditedSource,
  sampleMax: number,
): Promise<Pick<FirstLook, "manifests" | "sample" | "setAside">> {
  const { fingerprint, id } = generation;
  const sample: DocumentId[] = [];
  let setAside: AuditedSetAside = { documents: 0, examples: [] };
  let manifests = 0;
  let drawn = 0;
  const ask = (from: string | null) =>
    index.manifestLeaves(id, { source: name, from, limit: pageMax, fingerprint });
  for await (const leaves of pagesOf(ask, signal)) {
    spool.putManifests(leaves);
    manifests += leaves.length;
    setAside = leaves.reduce(withSetAside, setAside);
    for (const { id: of, live } of leaves) {
      if (live === null) continue;
      drawn += 1;
      // Each is as likely to be kept as any other, however many there will be.
      const at = drawn <= sampleMax ? drawn - 1 : Math.floor(chance() * drawn);
      if (at < sampleMax) sample[at] = of;
    }
  }
  return { manifests, sample, setAside };
}

function withSetAside(before: AuditedSetAside, { id, setAside }: ManifestLeaf): AuditedSetAside {
  if (!setAside) return before;
  const { documents, examples } = before;
  const message = setAside.message.slice(0, messageCharactersMax);
  const example = { documentId: id, reason: setAside.reason, message };
  return {
    documents: documents + 1,
    examples: examples.length < setAsideExamplesMax ? [...examples, example] : examples,
  };
}

async function readPoints(
  { generation, index, signal, spool }: AuditRun,
  { name }: AuditedSource,
): Promise<number> {
  let points = 0;
  const ask = (from: string | null) =>
    index.pointLeaves(generation.id, { source: name, from, limit: pageMax });
  for await (const leaves of pagesOf(ask, signal)) {
    spool.addPoints(leaves);
    points += leaves.reduce((sum, leaf) => sum + leaf.points.count, 0);
  }
  return points;
}

async function* pagesOf<Leaf>(
  ask: (from: string | null) => Promise<LeafPage<Leaf>>,
  signal: AbortSignal,
): AsyncGenerator<readonly Leaf[]> {
  let from: string | null = null;
  do {
    signal.throwIfAborted();
    const page: LeafPage<Leaf> = await ask(from);
    yield page.leaves;
    from = page.next;
  } while (from !== null);
}

async function compareSpooled(
  { signal, spool }: AuditRun,
  { name }: AuditedSource,
  isListed: boolean,
): Promise<Pick<FirstLook, "digests" | "logged" | "rangesCompared">> {
  let digests = noDigests;
  let [logged, rangesCompared] = [0, 0];
  let after: DocumentId | null = null;
  for (;;) {
    const rows = spool.rows({ source: name, after, limit: rowsMax });
    const compared = compareRows(rows, { isListed });
    digests = chainDigests(digests, compared.digests);
    rangesCompared += compared.compared;
    logged += rows.filter((row) => row.logged && row.logged.listed !== null).length;
    spool.putSuspects(
      compared.suspects.map((id) => ({ id: id as DocumentId, observation: null, faults: [] })),
    );
    const last = rows.at(-1);
    if (!last || rows.length < rowsMax) return { digests, logged, rangesCompared };
    after = last.id as DocumentId;
    // A range takes milliseconds, all of them seconds: whoever else has something to do goes first.
    await setImmediate();
    signal.throwIfAborted();
  }
}
