/**
 * What the log's mutations state, read record by record as they are appended: every revision of
 * every document with the states that were told under it. A revision has more than one when a hint
 * was resolved twice.
 */
import type { DocumentId, Facet, Permissions } from "@tidemark/domain";
import { mutationsTopic, type LogRecord } from "@tidemark/pipeline";
import type { LogStore } from "@tidemark/testing";
import { absent, type DocumentState } from "./document-state.ts";

export interface Told {
  /** Compaction keeps the last record of each. */
  readonly key: string;
  readonly epoch: number;
  readonly position: number;
  readonly partition: number;
  readonly offset: number;
  /** What the document is after all that was told up to here. */
  readonly state: DocumentState;
  /** What this record alone makes of a state. */
  readonly apply: (before: DocumentState) => DocumentState;
}

interface RawMutation {
  readonly documentId: DocumentId;
  readonly kind: "upsert" | "delete" | "facet" | "marker";
  readonly epoch: number;
  readonly position: number | null;
  readonly tenant: string;
  readonly permissions: Permissions;
  readonly archived: boolean;
  readonly rest: {
    readonly metadata: Record<string, number>;
    readonly facet?: Facet;
    readonly body: {
      readonly contentHash: string;
      readonly content: { readonly kind: string; readonly text?: string; readonly pin?: string };
    } | null;
  };
}

export class ToldStates {
  readonly #store: LogStore;
  readonly #read = new Map<number, number>();
  readonly #told = new Map<DocumentId, Told[]>();
  readonly #texts: ReadonlyMap<string, string>;
  readonly #check: (told: Told, id: DocumentId) => void;

  /**
   * @param texts every text that ever was, by its content hash
   * @param check called with each newly told state
   */
  constructor(
    store: LogStore,
    texts: ReadonlyMap<string, string>,
    check: (told: Told, id: DocumentId) => void,
  ) {
    this.#store = store;
    this.#texts = texts;
    this.#check = check;
  }

  /** Reads what was appended since. */
  catchUp(): void {
    for (const { partition, end } of this.#store.ranges(mutationsTopic)) {
      const from = this.#read.get(partition) ?? 0;
      for (const record of this.#store.from(mutationsTopic, partition, from, end)) {
        this.#take(JSON.parse(record.value ?? "null") as RawMutation | null, record);
      }
      this.#read.set(partition, end);
    }
  }

  ids(): DocumentId[] {
    return [...this.#told.keys()];
  }

  of(id: DocumentId): readonly Told[] {
    return this.#told.get(id) ?? [];
  }

  at(id: DocumentId, revision: { readonly epoch: number; readonly position: number }) {
    return this.of(id).filter(
      ({ epoch, position }) => epoch === revision.epoch && position === revision.position,
    );
  }

  /** The state that the log would tell someone who reads it from its beginning, by revision. */
  newest(id: DocumentId): DocumentState {
    const newest = this.of(id).reduce<Told | null>((best, told) => {
      const isNewer =
        !best ||
        told.epoch > best.epoch ||
        (told.epoch === best.epoch && told.position >= best.position);
      return isNewer ? told : best;
    }, null);
    return newest?.state ?? absent;
  }

  #take(mutation: RawMutation | null, { key, partition, offset }: LogRecord): void {
    if (!mutation || mutation.kind === "marker") return;
    const { documentId: id, epoch } = mutation;
    const before = this.of(id).at(-1)?.state ?? absent;
    const position = mutation.position ?? offset + 1;
    const apply = (state: DocumentState) => this.#stateOf(mutation, state);
    const told = { key, epoch, position, partition, offset, state: apply(before), apply };
    this.#told.set(id, [...this.of(id), told]);
    this.#check(told, id);
  }

  #stateOf(mutation: RawMutation, before: DocumentState): DocumentState {
    const { permissions, tenant, archived, rest } = mutation;
    if (mutation.kind === "delete") return absent;
    if (mutation.kind === "facet") {
      if (before.kind === "absent" || !rest.facet) return absent;
      return rest.facet.facet === "metadata"
        ? { ...before, metadata: rest.facet.metadata }
        : { ...before, permissions: rest.facet.permissions };
    }
    const contentHash = rest.body?.contentHash ?? "";
    const text = rest.body?.content.text ?? this.#texts.get(contentHash) ?? "";
    const { metadata } = rest;
    return { kind: "present", text, contentHash, permissions, tenant, metadata, archived };
  }
}
