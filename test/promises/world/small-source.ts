/** A source of a few documents, read and listed, whose state is what it was last set to. */
import { compareKeys, sha256Hex, type Content, type DocumentId } from "@tidemark/domain";
import { keyOf, type ListedDocument, type Metadata, type Permissions } from "@tidemark/domain";
import type { ContentStore, DocumentSource, SourceState } from "@tidemark/pipeline";
import { openGate, type Gate } from "@tidemark/testing";

export interface DocumentState {
  readonly text: string;
  readonly permissions?: Permissions;
  readonly tenant?: string;
  readonly metadata?: Metadata;
  readonly archived?: boolean;
}

export class SmallSource {
  readonly #states = new Map<string, DocumentState>();
  readonly #faults = new Map<string, Error>();
  /** Content travels as a reference that is pinned to its hash. */
  byReference = false;

  /** Null for a document that is not there any more. */
  set(key: string, state: DocumentState | null): void {
    if (state) this.#states.set(key, state);
    else this.#states.delete(key);
  }

  /** Reading the document fails with this from now on. */
  break(key: string, fault: Error): void {
    this.#faults.set(key, fault);
  }

  opened(gate: Gate = openGate): DocumentSource & ContentStore {
    const stateOf = (key: string) => this.#stateOf(key);
    const states = this.#states;
    return {
      async read(key) {
        await gate("read");
        const state = stateOf(key);
        await gate("read done");
        return state;
      },
      async *list(): AsyncGenerator<ListedDocument> {
        const keys = [...states.keys()].sort(compareKeys);
        for (const key of keys) yield { key, digest: digestOf(states.get(key)) };
      },
      async fetch(id: DocumentId, content: Content) {
        const state = states.get(keyOf(id));
        const isPinned = content.kind === "reference" && state && hashOf(state) === content.pin;
        return isPinned ? Buffer.from(state.text) : null;
      },
    };
  }

  #stateOf(key: string): SourceState {
    const fault = this.#faults.get(key);
    if (fault) throw fault;
    const state = this.#states.get(key);
    if (!state) return { kind: "gone" };
    const content: Content = this.byReference
      ? { kind: "reference", location: key, pin: hashOf(state) }
      : { kind: "text", text: state.text };
    return {
      kind: "found",
      body: {
        content,
        contentHash: hashOf(state),
        contentType: "text/plain",
        fileName: key,
        sizeBytes: Buffer.byteLength(state.text),
      },
      tenant: state.tenant ?? "*",
      permissions: state.permissions ?? { kind: "public" },
      archived: state.archived ?? false,
      metadata: state.metadata ?? {},
      sourceDigest: digestOf(state),
      sourceTimeMs: null,
    };
  }
}

const hashOf = ({ text }: DocumentState) => sha256Hex(text);

function digestOf(state: DocumentState | undefined): string {
  return sha256Hex(JSON.stringify(state)).slice(0, 12);
}
