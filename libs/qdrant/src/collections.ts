/** Which collections there are: one a generation, and one for what belongs to none. */
import type { GenerationId } from "@tidemark/domain";
import { mapBounded, TransientError } from "@tidemark/pipeline";
import { setTimeout as sleep } from "node:timers/promises";
import { Collection } from "./collection.ts";
import {
  checkCollection,
  generationSettings,
  metaSettings,
  type CollectionConfig,
} from "./collection-settings.ts";
import type { Connection } from "./connection.ts";
import { AliasedGenerationError, MissingCollectionError, RefusedRequestError } from "./errors.ts";
import type { CollectionInfo, CreateCollectionBody } from "./exact-api.ts";
import { metaKeys, payloadIndexes, type PayloadKey } from "./payload-indexes.ts";
import type { QdrantConfig } from "./qdrant-config.ts";

export type CollectionsConfig = CollectionConfig & Pick<QdrantConfig, "prefix">;

const durably = { wait: true, ordering: "strong" } as const;
const generationKeys = Object.keys(payloadIndexes) as PayloadKey[];
const alreadyThere = new Set([400, 409]);
const indexesAtOnceMax = 8;
const looksMax = 10;
const lookAgainMs = 100;

export class Collections {
  readonly #connection: Connection;
  readonly #config: CollectionsConfig;

  constructor(connection: Connection, config: CollectionsConfig) {
    this.#connection = connection;
    this.#config = config;
  }

  of(generation: GenerationId): Collection {
    return this.#named(generation);
  }

  /** Holds progress of groups that serve all generations, and what the probe writes. */
  get meta(): Collection {
    return this.#named("meta");
  }

  async ensureMeta(): Promise<void> {
    await this.#ensure(this.meta.name, metaSettings(this.#config), metaKeys);
  }

  /** @throws OtherCollectionError when it is there and of another width */
  async ensure(generation: GenerationId, dimension: number): Promise<void> {
    const { name } = this.of(generation);
    const settings = generationSettings(dimension, this.#config);
    const info = await this.#ensure(name, settings, generationKeys);
    checkCollection(name, info, dimension);
  }

  /** @throws AliasedGenerationError when an alias points to it */
  async drop(generation: GenerationId): Promise<void> {
    const { name } = this.of(generation);
    const aliases = await this.#aliases();
    const alias = aliases.find(({ collection_name: target }) => target === name);
    if (alias) {
      throw new AliasedGenerationError(`${name} is not dropped: ${alias.alias_name} points to it`);
    }
    await this.#connection.ask(`drop ${name}`, (api, init) =>
      api.deleteCollection({ collection_name: name }, init),
    );
  }

  /** Moves the alias in one action: it never points nowhere. */
  async activate(generation: GenerationId): Promise<void> {
    const { name } = this.of(generation);
    const alias = { alias_name: this.#alias, collection_name: name };
    await this.#connection.ask(`activate ${name}`, (api, init) =>
      api.updateAliases({ actions: [{ create_alias: alias }] }, init),
    );
  }

  async active(): Promise<GenerationId | null> {
    const aliases = await this.#aliases();
    const found = aliases.find(({ alias_name: name }) => name === this.#alias);
    return found ? this.#generationOf(found.collection_name) : null;
  }

  /** Of every collection with the prefix; one of another deployment may be among them. */
  async generations(): Promise<readonly GenerationId[]> {
    const { collections } = await this.#connection.ask("list collections", (api, init) =>
      api.getCollections({}, init),
    );
    return collections
      .filter(({ name }) => name !== this.meta.name)
      .flatMap(({ name }) => this.#generationOf(name) ?? []);
  }

  get #alias(): string {
    return `${this.#config.prefix}active`;
  }

  #named(suffix: string): Collection {
    return new Collection(this.#connection, `${this.#config.prefix}${suffix}`);
  }

  #generationOf(name: string): GenerationId | null {
    const { prefix } = this.#config;
    return name.startsWith(prefix) ? (name.slice(prefix.length) as GenerationId) : null;
  }

  async #aliases() {
    const { aliases } = await this.#connection.ask("list aliases", (api, init) =>
      api.getCollectionsAliases({}, init),
    );
    return aliases;
  }

  /** Two processes may do it at once: who comes second finds what the first has made. */
  async #ensure(
    name: string,
    settings: CreateCollectionBody,
    keys: readonly PayloadKey[],
  ): Promise<CollectionInfo> {
    const info = (await this.#find(name)) ?? (await this.#create(name, settings));
    const missing = keys.filter((key) => !(key in info.payload_schema));
    await mapBounded(missing, indexesAtOnceMax, (key) =>
      this.#connection.ask(`index ${key} in ${name}`, (api, init) =>
        api.createFieldIndex(
          {
            collection_name: name,
            ...durably,
            field_name: key,
            field_schema: payloadIndexes[key],
          },
          init,
        ),
      ),
    );
    return info;
  }

  async #create(name: string, settings: CreateCollectionBody): Promise<CollectionInfo> {
    try {
      await this.#connection.ask(`create ${name}`, (api, init) =>
        api.createCollection({ collection_name: name, ...settings }, init),
      );
    } catch (error) {
      const mayBeThere = error instanceof RefusedRequestError && alreadyThere.has(error.status);
      const found = mayBeThere ? await this.#find(name) : null;
      if (found) return found;
      throw error;
    }
    const made = await this.#find(name);
    if (!made) throw new MissingCollectionError(`${name} was made and is gone`);
    return made;
  }

  /** A collection that another process is just making has no replica yet, for a moment. */
  async #find(name: string): Promise<CollectionInfo | null> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#connection.ask(`look at ${name}`, (api, init) =>
          api.getCollection({ collection_name: name }, init),
        );
      } catch (error) {
        if (error instanceof MissingCollectionError) return null;
        if (!(error instanceof TransientError) || attempt === looksMax) throw error;
        await sleep(lookAgainMs);
      }
    }
  }
}
