/** One collection: every request about its records is put together here. */
import type { Connection } from "./connection.ts";
import type {
  Consistency,
  FacetBody,
  FacetHit,
  NewRecord,
  PayloadSelector,
  QueryBody,
  ReadRecord,
  ScoredRecord,
  ScrollBody,
  SetPayload,
  UpdateMode,
} from "./exact-api.ts";
import type { Guard, RecordFilter } from "./record-filter.ts";

const durably = { wait: true, ordering: "strong" } as const;

export interface Page {
  readonly records: readonly ReadRecord[];
  /** Where the next page begins; null after the last. */
  readonly next: string | null;
}

export interface Read {
  readonly payload: PayloadSelector;
  readonly vector?: boolean;
  readonly consistency?: Consistency;
}

export class Collection {
  readonly name: string;
  readonly #connection: Connection;

  constructor(connection: Connection, name: string) {
    this.#connection = connection;
    this.name = name;
  }

  /** Writes records that are absent, and those present that meet `when`. */
  async upsert(
    records: readonly NewRecord[],
    { mode, when }: { readonly mode: UpdateMode; readonly when?: Guard },
  ): Promise<void> {
    await this.#ask("write", (api, init) =>
      api.upsertPoints(
        {
          ...this.#address,
          ...durably,
          points: records,
          update_mode: mode,
          ...(when === undefined ? {} : { update_filter: when }),
        },
        init,
      ),
    );
  }

  /** Sets fields of the records that are meant, and leaves their others. */
  async setPayloads(changes: readonly SetPayload[]): Promise<void> {
    const operations = changes.map((change) => ({ set_payload: change }));
    await this.#ask("change", (api, init) =>
      api.batchUpdate({ ...this.#address, ...durably, operations }, init),
    );
  }

  async delete(filter: RecordFilter): Promise<void> {
    await this.#ask("delete", (api, init) =>
      api.deletePoints({ ...this.#address, ...durably, filter }, init),
    );
  }

  /** In no order; those that are absent are left out. */
  get(ids: readonly string[], { payload, vector, consistency }: Read) {
    return this.#ask("get", (api, init) =>
      api.getPoints(
        {
          ...this.#address,
          ids,
          with_payload: payload,
          with_vector: vector ?? false,
          ...(consistency === undefined ? {} : { consistency }),
        },
        init,
      ),
    );
  }

  async scroll(
    filter: RecordFilter,
    read: Read & {
      readonly limit: number;
      readonly from?: string | null;
      /** For many records at once: at some sizes a compressed answer stalls for 40 ms. */
      readonly compressed?: boolean;
      readonly orderBy?: NonNullable<ScrollBody["order_by"]>["key"];
    },
  ): Promise<Page> {
    const { payload, vector, consistency, limit, from, orderBy, compressed } = read;
    const found = await this.#ask("scroll", (api, init) =>
      api.scrollPoints(
        {
          ...this.#address,
          filter,
          limit,
          with_payload: payload,
          with_vector: vector ?? false,
          ...(typeof from === "string" ? { offset: from } : {}),
          ...(orderBy === undefined ? {} : { order_by: { key: orderBy, direction: "asc" } }),
          ...(consistency === undefined ? {} : { consistency }),
        },
        compressed ? { ...init, headers: { "accept-encoding": "gzip" } } : init,
      ),
    );
    return { records: found.points, next: found.next_page_offset ?? null };
  }

  /** All records that are meant, page by page. */
  async *scrollAll(
    filter: RecordFilter,
    read: Read & { readonly limit: number },
  ): AsyncGenerator<readonly ReadRecord[]> {
    let from: string | null = null;
    do {
      const page: Page = await this.scroll(filter, { ...read, from });
      yield page.records;
      from = page.next;
    } while (from !== null);
  }

  async query(search: QueryBody): Promise<readonly ScoredRecord[]> {
    const found = await this.#ask("search", (api, init) =>
      api.queryPoints({ ...this.#address, ...search }, init),
    );
    return found.points;
  }

  /** Each search's records, in the order of the searches. */
  async queryEach(searches: readonly QueryBody[]): Promise<readonly (readonly ScoredRecord[])[]> {
    const found = await this.#ask("search", (api, init) =>
      api.queryBatchPoints({ ...this.#address, searches }, init),
    );
    return found.map(({ points }) => points);
  }

  async count(filter: RecordFilter): Promise<number> {
    const { count } = await this.#ask("count", (api, init) =>
      api.countPoints({ ...this.#address, filter, exact: true }, init),
    );
    return count;
  }

  /** The values of a field and how many records have each. */
  async facet(facet: Omit<FacetBody, "exact">): Promise<readonly FacetHit[]> {
    const { hits } = await this.#ask("count", (api, init) =>
      api.facet({ ...this.#address, ...facet, exact: true }, init),
    );
    // Values that no record has any more may still be listed.
    return hits.filter(({ count }) => count > 0);
  }

  get #address(): { readonly collection_name: string } {
    return { collection_name: this.name };
  }

  #ask: Connection["ask"] = (what, request) =>
    this.#connection.ask(`${what} in ${this.name}`, request);
}
