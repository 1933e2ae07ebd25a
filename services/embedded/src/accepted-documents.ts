import type { DocumentId } from "@tidemark/domain";

const acceptedMax = 10_000;

/** Documents whose suspicious extraction a person has looked at and accepted. */
export class AcceptedDocuments {
  readonly #ids = new Set<DocumentId>();

  add(ids: readonly DocumentId[]): void {
    for (const id of ids) if (this.#ids.size < acceptedMax) this.#ids.add(id);
  }

  has(id: DocumentId): boolean {
    return this.#ids.has(id);
  }
}
