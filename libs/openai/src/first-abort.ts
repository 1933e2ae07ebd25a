/** Work that ends with any of several signals. */

/**
 * A signal that aborts with the first of the given ones, with its reason, until it is disposed of.
 * `AbortSignal.any` would leave something behind in a source that outlives it, for each request.
 */
export class FirstAbort implements Disposable {
  readonly #controller = new AbortController();
  readonly #sources: readonly AbortSignal[];
  readonly #follow = (event: Event) => {
    this.#controller.abort((event.target as AbortSignal).reason);
  };

  constructor(...sources: readonly (AbortSignal | undefined)[]) {
    this.#sources = sources.filter((source) => source !== undefined);
    for (const source of this.#sources) {
      if (source.aborted) this.#controller.abort(source.reason);
      else source.addEventListener("abort", this.#follow, { once: true });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    for (const source of this.#sources) source.removeEventListener("abort", this.#follow);
  }
}
