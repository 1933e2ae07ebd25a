/** A source that is read and listed, with its whole history: what was true from which step on. */
import {
  documentId,
  keyOf,
  sha256Hex,
  type Content,
  type DocumentId,
  type ListedDocument,
  type SourceName,
} from "@tidemark/domain";
import {
  TransientError,
  type ContentStore,
  type DocumentSource,
  type SourceState,
} from "@tidemark/pipeline";
import type { Gate } from "@tidemark/testing";
import { absent, type DocumentState } from "./document-state.ts";

interface Moment {
  readonly step: number;
  readonly state: DocumentState;
}

export class SimulatedSource {
  readonly name: SourceName;
  readonly #history = new Map<string, Moment[]>();
  /** Whether content travels by pinned reference, and not inline. */
  readonly #byReference: boolean;

  constructor(name: SourceName, options: { readonly byReference: boolean }) {
    this.name = name;
    this.#byReference = options.byReference;
  }

  set(key: string, state: DocumentState, step: number): void {
    const moments = this.#history.get(key) ?? [{ step: -1, state: absent }];
    moments.push({ step, state });
    this.#history.set(key, moments);
  }

  now(key: string): DocumentState {
    return this.#history.get(key)?.at(-1)?.state ?? absent;
  }

  /** Every state that was true at some time from a step on. */
  since(key: string, step: number): readonly DocumentState[] {
    const moments = this.#history.get(key) ?? [];
    const first = moments.findLastIndex((moment) => moment.step <= step);
    return first < 0
      ? [absent, ...moments.map(({ state }) => state)]
      : moments.slice(first).map(({ state }) => state);
  }

  ids(): DocumentId[] {
    return [...this.#history.keys()].map((key) => documentId(this.name, key));
  }

  /** As a process sees it: through its gate. */
  opened(gate: Gate): DocumentSource & ContentStore {
    const order = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
    const stateOf = (key: string) => this.now(key);
    const keys = () => [...this.#history.keys()].sort(order);
    const foundOf = (state: DocumentState, id: DocumentId) => this.#found(state, id);
    const idOf = (key: string) => documentId(this.name, key);
    return {
      async read(key) {
        await gate("read source");
        return foundOf(stateOf(key), idOf(key));
      },
      async *list(): AsyncGenerator<ListedDocument> {
        for (const key of keys()) {
          await gate("list source");
          const state = stateOf(key);
          if (state.kind === "present") yield { key, digest: digestOfState(state) };
        }
      },
      async fetch(id, content: Content) {
        await gate("fetch source");
        if (content.kind !== "reference") throw new TransientError("not a reference");
        const state = stateOf(keyOf(id));
        const isPinned = state.kind === "present" && state.contentHash === content.pin;
        return isPinned ? Buffer.from(state.text) : null;
      },
    };
  }

  #found(state: DocumentState, id: DocumentId): SourceState {
    if (state.kind === "absent") return { kind: "gone" };
    const { text, contentHash, tenant, permissions, archived, metadata } = state;
    const content: Content = this.#byReference
      ? { kind: "reference", location: id, pin: contentHash }
      : { kind: "text", text };
    return {
      kind: "found",
      body: {
        content,
        contentHash,
        contentType: "text/plain",
        fileName: null,
        sizeBytes: Buffer.byteLength(text),
      },
      tenant,
      permissions,
      archived,
      metadata,
      sourceDigest: digestOfState(state),
      sourceTimeMs: null,
    };
  }
}

/** Permissions and metadata are in it: a lost change of theirs must be found by a scan. */
export function digestOfState(state: Extract<DocumentState, { kind: "present" }>): string {
  const { contentHash, tenant, permissions, archived, metadata } = state;
  return sha256Hex(JSON.stringify([contentHash, tenant, permissions, archived, metadata])).slice(
    0,
    12,
  );
}
