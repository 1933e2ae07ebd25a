/** Objects of a bucket that are edited, deleted and tagged at random, and how they must be found. */
import { between, pick, seededChance } from "@tidemark/testing";
import type { BucketUnderTest } from "../../servers/bucket-under-test.ts";
import type { EventFate } from "../../servers/event-forwarder.ts";
import { hitOf } from "./found.ts";
import type { TidemarkApi } from "./tidemark-api.ts";

interface ObjectState {
  readonly text: string;
  readonly readers: string;
}

/** Changes of objects that were changed before, as a share of the objects. */
const changedAgainShare = 0.25;

export class ChangingObjects {
  readonly #bucket: BucketUnderTest;
  readonly #chance: () => number;
  /** Null where one was deleted. */
  readonly #objects = new Map<string, ObjectState | null>();
  #writes = 0;

  constructor(
    bucket: BucketUnderTest,
    { documents, seed }: { readonly documents: number; readonly seed: number },
  ) {
    this.#bucket = bucket;
    this.#chance = seededChance(seed);
    for (let at = 0; at < documents; at += 1) this.#objects.set(`page/${at}.md`, null);
  }

  async fill(): Promise<void> {
    for (const key of this.#objects.keys()) await this.#write(key);
  }

  /** Each once, and some of them again: what was lost of those may be overtaken. */
  async changeAll(fate: EventFate): Promise<void> {
    const keys = [...this.#objects.keys()];
    const again = Array.from({ length: keys.length * changedAgainShare }, () =>
      pick(this.#chance, keys),
    );
    await this.#bucket.whileEvents(fate, async () => {
      for (const key of [...keys, ...again]) await this.#change(key);
    });
  }

  /** What is not found as the bucket has it. */
  async differences(api: TidemarkApi, source: string): Promise<readonly string[]> {
    const found: string[] = [];
    for (const [key, object] of this.#objects) {
      const id = `${source}/${key}`;
      const { manifest, standing } = await api.why(id);
      if (!object) {
        if (manifest && !manifest.seen.deleted) found.push(`${id} is ${standing}, and deleted`);
        continue;
      }
      const { readers, text } = object;
      const seen = JSON.stringify(manifest?.seen.policy.permissions);
      const should = JSON.stringify(readers === "public" ? readers : [readers]);
      if (seen !== should) found.push(`${id} is read by ${seen}, not ${should}`);
      const hit = await hitOf(api, id, { query: text, principals: [readers] });
      if (hit?.text !== text) found.push(`${id}: ${hit?.text}, not ${text}`);
    }
    return found;
  }

  async #change(key: string): Promise<void> {
    const object = this.#objects.get(key);
    const chance = this.#chance();
    if (object && chance < 0.2) {
      this.#objects.set(key, null);
      await this.#bucket.delete(key);
    } else if (object && chance < 0.5) {
      const readers = `user:${between(this.#chance, 1, 1_000)}`;
      this.#objects.set(key, { ...object, readers });
      await this.#bucket.tag(key, { readers });
    } else await this.#write(key);
  }

  async #write(key: string): Promise<void> {
    this.#writes += 1;
    const text = `Page ${key} is the entry number ${this.#writes} of the album.`;
    this.#objects.set(key, { text, readers: "public" });
    await this.#bucket.put(key, text, { tags: { readers: "public" } });
  }
}
