/** Changes objects of a bucket. Some of its events are lost and some come twice, as it happens. */
import { setTimeout as sleep } from "node:timers/promises";
import { between, pick } from "@tidemark/testing";
import type { Chance } from "@tidemark/pipeline";
import type { PushedDocument, PushedPermissions } from "../checker/pushed-document.ts";
import { inventMarkdown, inventPermissions } from "../kills/invent.ts";
import type { BucketUnderTest } from "../servers/bucket-under-test.ts";

export const bucketSource = "uploads";
const keysMax = 8;
const fate = { lost: 0.05, duplicated: 0.1 };
const areas = ["north", "south", "yard"];

export class BucketStream {
  readonly #bucket: BucketUnderTest;
  readonly #chance: Chance;
  readonly #pauseMs: number;
  readonly #objects = new Map<string, PushedDocument>();
  #changes = 0;

  constructor(options: {
    readonly bucket: BucketUnderTest;
    readonly chance: Chance;
    readonly pauseMs: number;
  }) {
    this.#bucket = options.bucket;
    this.#chance = options.chance;
    this.#pauseMs = options.pauseMs;
  }

  get changes(): number {
    return this.#changes;
  }

  /** What is there, as it must be found. */
  expected(): PushedDocument[] {
    return [...this.#objects.values()];
  }

  async run(prefix: string, signal: AbortSignal): Promise<void> {
    await this.#bucket.whileEvents(fate, async () => {
      while (!signal.aborted) {
        await this.#change(`${prefix}object ${between(this.#chance, 1, keysMax)}.md`);
        const pauseMs = this.#chance() * 2 * this.#pauseMs;
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    });
  }

  async #change(key: string): Promise<void> {
    const chance = this.#chance();
    const before = this.#objects.get(key);
    this.#changes += 1;
    if (!before || chance < 0.5) return this.#put(key);
    if (chance < 0.7) {
      const permissions = inventPermissions(this.#chance);
      await this.#bucket.tag(key, { readers: tagOf(permissions) });
      this.#objects.set(key, { ...before, permissions });
      return;
    }
    if (chance < 0.85) {
      const to = `${key.slice(0, -".md".length)} moved.md`;
      await this.#bucket.rename(key, to);
      this.#objects.delete(key);
      this.#objects.set(to, { ...before, key: to });
      return;
    }
    await this.#bucket.delete(key);
    this.#objects.delete(key);
  }

  async #put(key: string): Promise<void> {
    const document: PushedDocument = {
      source: bucketSource,
      key,
      // The client warns of an empty text, taking it for a stream.
      content: inventMarkdown(this.#chance) || "\n",
      contentType: "text/markdown",
      metadata: { area: pick(this.#chance, areas), write: String(this.#changes) },
      permissions: inventPermissions(this.#chance),
      tenant: "*",
      archived: false,
    };
    await this.#bucket.put(key, document.content, {
      tags: { readers: tagOf(document.permissions) },
      metadata: document.metadata as Readonly<Record<string, string>>,
    });
    this.#objects.set(key, document);
  }
}

function tagOf(permissions: PushedPermissions): string {
  return permissions === "public" ? permissions : permissions.join(" ");
}
