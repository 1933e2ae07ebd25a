/**
 * Looking at what was set aside and asking for it again. A redrive never publishes the stored
 * record: it asks for the document's newest state.
 */
import {
  compareRevisions,
  decodeMutation,
  sourceOf,
  type DocumentId,
  type GenerationId,
  type Manifest,
} from "@tidemark/domain";
import type { UpsertMutation } from "../chunk-record.ts";
import type { DeadLetterView } from "../operations.ts";
import type { DocumentHistory } from "../ports/document-history.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Clock } from "../ports/world.ts";
import { RequestError } from "../operations.ts";
import { publishDeadLetters, readDeadLetters, type DeadLetter } from "../run-stage/dead-letters.ts";
import { mutationsTopic } from "../topics.ts";
import type { Generations } from "./generations.ts";
import type { ServedSource } from "./served-source.ts";

const recordsMax = 20;

export interface DeskOptions {
  readonly log: EventLog;
  readonly history: DocumentHistory;
  readonly index: VectorIndex;
  readonly generations: Generations;
  readonly clock: Clock;
  readonly sources: ReadonlyMap<string, ServedSource>;
  readonly rechunk: (mutation: UpsertMutation) => Promise<void>;
  readonly accept: (ids: readonly DocumentId[]) => Promise<void>;
}

export class DeadLetterDesk {
  readonly #options: DeskOptions;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** What is set aside and not superseded by a later revision, newest first. */
  async list(): Promise<readonly DeadLetterView[]> {
    const open = [...(await readDeadLetters(this.#options.log))].filter(
      ([, letter]) => letter.state === "open",
    );
    const views: DeadLetterView[] = [];
    for (const [generation, letters] of Map.groupBy(open, ([, it]) => this.#generationOf(it))) {
      const ids = letters.map(([, letter]) => letter.documentId as DocumentId);
      const manifests = await this.#options.index.manifests(generation, ids);
      const left = letters.filter(([, letter], at) => !isSuperseded(letter, manifests[at]));
      views.push(...left.map(([id, letter]) => viewOf(id, letter)));
    }
    return views.sort((a, b) => b.atMs - a.atMs);
  }

  /** Where a later revision would supersede the letter: one that is being built knows for itself. */
  #generationOf({ generation }: DeadLetter): GenerationId {
    const { generations } = this.#options;
    const kept = generations.lines.find((line) => line.generation.id === generation);
    return kept?.generation.id ?? generations.active.id;
  }

  /** Asks for the documents' newest states; null asks for all. Returns how many were asked for. */
  async retry(
    ids: readonly string[] | null,
    options: { readonly force: boolean },
  ): Promise<number> {
    const letters = await this.#chosen(ids);
    const documents = [...new Set(letters.map((letter) => letter.documentId as DocumentId))];
    if (options.force) await this.#options.accept(documents);
    await this.#mark(letters, "retried");
    // A chunk that was left out is missing from a revision that is live: only a repair looks again.
    const withChunks = new Set(letters.flatMap((it) => (it.chunk ? it.documentId : [])));
    for (const id of documents) await this.#stateAgain(id, withChunks.has(id));
    return documents.length;
  }

  async drop(ids: readonly string[]): Promise<number> {
    const letters = await this.#chosen(ids);
    await this.#mark(letters, "dropped");
    return letters.length;
  }

  async #chosen(ids: readonly string[] | null): Promise<readonly DeadLetter[]> {
    const letters = await readDeadLetters(this.#options.log);
    if (!ids) return [...letters.values()].filter((letter) => letter.state === "open");
    return ids.map((id) => {
      const letter = letters.get(id);
      if (!letter) throw new RequestError(404, "unknown-dead-letter", `no dead letter ${id}`);
      return letter;
    });
  }

  async #mark(letters: readonly DeadLetter[], state: "retried" | "dropped"): Promise<void> {
    await publishDeadLetters(
      this.#options.log,
      letters.map((letter) => ({ ...letter, state })),
    );
  }

  async #stateAgain(id: DocumentId, forced: boolean): Promise<void> {
    const source = this.#options.sources.get(sourceOf(id));
    if (source?.line) {
      await source.line.hint([id], forced ? "repair" : "reconcile");
      return;
    }
    await rechunkPushed(this.#options, id, forced ? "repair" : "replay");
  }
}

/** A pushed document is its newest whole record, chunked again at the revision it has. */
export async function rechunkPushed(
  options: Pick<DeskOptions, "history" | "rechunk">,
  id: DocumentId,
  reason: "repair" | "replay",
): Promise<void> {
  const records = await options.history.recordsOf(mutationsTopic, id, recordsMax);
  for (const record of records) {
    const mutation = decodeMutation(record.value ?? "", record.offset);
    // Another document's key may be that of a facet of this one.
    if (!("kind" in mutation) || mutation.kind !== "upsert" || mutation.documentId !== id) continue;
    await options.rechunk({ ...mutation, reason });
    return;
  }
}

function isSuperseded(letter: DeadLetter, manifest: Manifest | undefined): boolean {
  if (!letter.revision || !manifest?.indexed) return false;
  const { failedChunks, revision } = manifest.indexed;
  const order = compareRevisions(revision, letter.revision);
  // The same text goes on at the revisions of facets, and still lacks its chunk.
  return order >= 0 && (letter.chunk === null || failedChunks === 0);
}

function viewOf(id: string, letter: DeadLetter): DeadLetterView {
  const { documentId, stage, generation, reason, message, attempts, atMs, revision, chunk } =
    letter;
  return { id, documentId, stage, generation, reason, message, attempts, atMs, revision, chunk };
}
