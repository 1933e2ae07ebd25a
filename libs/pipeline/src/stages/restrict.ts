/**
 * Applies deletes, permissions and metadata, and never embeds: it has no backlog, so a restriction
 * takes effect whatever waits behind an embedder. It advances what is seen for every mutation.
 */
import {
  decodeMutation,
  isNewer,
  planSeen,
  sha256Hex,
  stubManifest,
  type DocumentId,
  type GenerationId,
  type Manifest,
  type Marker,
  type Mutation,
  type Receipt,
  type Token,
} from "@tidemark/domain";
import { PoisonError, TransientError } from "../errors.ts";
import type { PipelineObserver } from "../observer.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { DocumentCommit, VectorIndex } from "../ports/vector-index.ts";
import type { Clock } from "../ports/world.ts";
import { publishReceipts, receiptFor, tokensOfCharacters } from "../receipts.ts";
import type { HandleContext, Stage, Task } from "../run-stage/stage.ts";
import { mutationsTopic, restrictorGroup } from "../topics.ts";

export interface RestrictDependencies {
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly generation: GenerationId;
  readonly clock: Clock;
  readonly token: () => Token;
  readonly observer: PipelineObserver;
  /** Asks the source to state these documents again, because the log lost their newest state. */
  readonly restate: (mutations: readonly Mutation[]) => Promise<void>;
  /** Everything before the marker is restricted. */
  readonly passed: (marker: Marker, partition: number) => void;
  /** Another process may hold the partition now. */
  readonly lost?: (partition: number) => void;
}

/** A writer that loses this often in a row lets others go first. */
const lossesMax = 16;

interface Decided {
  readonly commit: DocumentCommit | null;
  readonly receipts: readonly Receipt[];
  readonly displaced: readonly Mutation[];
}

export function restrictStage(dependencies: RestrictDependencies): Stage<Mutation> {
  const { log, index, generation, clock, token, observer, restate, passed } = dependencies;
  return {
    name: "restrictor",
    topic: mutationsTopic,
    group: restrictorGroup(generation),
    waitsForEver: true,
    documentsMax: 256,
    concurrency: 1,

    decode: (record) => decodeOrPoison(record.value ?? "", record.offset),
    keyOf: (mutation) => mutation.documentId,
    urgencyOf: (mutation) => (mutation.kind === "upsert" ? 1 : 0),

    handle: (tasks, context) => restrictAll(tasks, context),

    setAside: (task, error) => {
      // Restricting cannot be refused for a document: to set one aside would leave it open.
      throw new Error(`restriction of ${task.key} failed: ${error.message}`, { cause: error });
    },
    async passMarker(marker, partition) {
      passed(marker, partition);
    },
    lost: (partition) => dependencies.lost?.(partition),
  };

  async function restrictAll(
    tasks: readonly Task<Mutation>[],
    context: HandleContext,
  ): Promise<void> {
    let open = tasks;
    for (let losses = 0; open.length > 0; losses += 1) {
      if (losses > lossesMax) throw new TransientError("manifests are contended");
      const ids = open.map((task) => task.key as DocumentId);
      const manifests = await index.manifests(generation, ids);
      const decided = open.map((task, at) => decide(task, manifests[at]));
      // Asked for before the progress is stored: asking twice is harmless, forgetting is not.
      const displaced = decided.flatMap((each) => each.displaced);
      if (displaced.length > 0) await restate(displaced);
      const writing = decided.flatMap(({ commit }) => commit ?? []);
      const outcomes = await index.commit(generation, writing, context.progressFor(tasks));
      const lost = new Set(
        writing.filter((_, at) => outcomes[at] === "lost").map((it) => it.manifest.documentId),
      );
      const done = decided.filter((_, at) => !lost.has(ids[at] as DocumentId));
      await publishReceipts(
        log,
        observer,
        done.flatMap((each) => each.receipts),
      );
      open = open.filter((task) => lost.has(task.key as DocumentId));
    }
  }

  function decide(task: Task<Mutation>, found: Manifest | undefined): Decided {
    const nowMs = clock.nowMs();
    const id = task.key as DocumentId;
    const before = found ?? stubManifest(id, token());
    const fresh = token();
    let manifest = before;
    let emptied = false;
    const receipts: Receipt[] = [];
    const displaced: Mutation[] = [];
    for (const mutation of task.items) {
      const plan = planSeen(manifest, mutation, { token: fresh, nowMs });
      if (plan.kind === "advance") {
        const followed = plan.manifest.indexed !== manifest.indexed;
        manifest = plan.manifest;
        emptied ||= plan.emptied;
        receipts.push(...receiptOf(mutation, followed, manifest, nowMs));
      } else if (plan.kind === "displaced") {
        displaced.push(mutation);
        receipts.push(
          receiptFor(mutation, {
            generation,
            stage: "restrictor",
            outcome: "displaced",
            atMs: nowMs,
          }),
        );
      }
    }
    if (manifest === before) return { commit: null, receipts, displaced };
    // What a delete emptied is swept also when the document came back after it.
    const { indexed } = manifest;
    const sweep = emptied && indexed ? { revision: indexed.revision, live: indexed.live } : null;
    const commit = { manifest, tokenRead: found?.token ?? null, put: [], sweep };
    return { commit, receipts, displaced };
  }

  /** New content is the upserter's to report; everything else is done here and now. */
  function receiptOf(
    mutation: Mutation,
    followed: boolean,
    manifest: Manifest,
    nowMs: number,
  ): Receipt[] {
    const facts = { generation, stage: "restrictor" as const, atMs: nowMs };
    const saved = savedBy(manifest);
    switch (mutation.kind) {
      case "delete":
        return [receiptFor(mutation, { ...facts, outcome: "deleted" })];
      case "unreadable":
        return [receiptFor(mutation, { ...facts, outcome: "unreadable" })];
      case "facet":
        return [
          receiptFor(mutation, {
            ...facts,
            ...saved,
            outcome: "hidden",
            reason: mutation.facet.facet,
          }),
        ];
      case "upsert": {
        if (mutation.problem) {
          const reason = mutation.problem.reason;
          return [receiptFor(mutation, { ...facts, outcome: "failed", reason })];
        }
        if (mutation.archived) {
          return [receiptFor(mutation, { ...facts, outcome: "hidden", reason: "archived" })];
        }
        if (!followed || isNewer(manifest.seen.revision, mutation.revision)) return [];
        return [
          receiptFor(mutation, { ...facts, ...saved, change: "restriction", outcome: "unchanged" }),
        ];
      }
    }
  }
}

/** What a change of payload alone did not embed again. */
function savedBy({ indexed }: Manifest): Pick<Receipt, "saved" | "tokensSaved"> {
  const payload = indexed ? tokensOfCharacters(indexed.characters) : 0;
  return { tokensSaved: payload, saved: { unchanged: 0, reused: 0, payload } };
}

/** A record not even whose envelope can be read: nobody knows which document is meant. */
export function decodeOrPoison(value: string, offset: number): Mutation {
  const mutation = decodeMutation(value, offset);
  if ("problem" in mutation && !("kind" in mutation)) {
    throw new PoisonError("unreadable-event", mutation.problem);
  }
  return mutation;
}

/** A fresh token, from a number that is never used twice in a process and a process's own name. */
export function tokenSource(process: string): () => Token {
  let written = 0;
  return () => {
    written += 1;
    return sha256Hex(process, String(written)).slice(0, 24) as Token;
  };
}
