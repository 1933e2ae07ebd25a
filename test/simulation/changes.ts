/** What people do to the sources, and how a source tells of it: late, twice, or not at all. */
import { documentId, type Hint } from "@tidemark/domain";
import { publishHints, pushDelete, pushDocuments, pushFacet } from "@tidemark/pipeline";
import { between, MemoryEventLog, pick } from "@tidemark/testing";
import { aDocument, changed } from "./random-documents.ts";
import type { World } from "./world.ts";

const documentsMax = 4;

export class Changes {
  readonly #world: World;
  readonly #texts: Map<string, string>;
  readonly #late: Hint[] = [];

  /** @param texts takes every text of the listed source, by its content hash */
  constructor(world: World, texts: Map<string, string>) {
    this.#world = world;
    this.#texts = texts;
  }

  /** Hints on their way. */
  get late(): number {
    return this.#late.length;
  }

  changeFile(): void {
    const { chance, features, files, step } = this.#world;
    const key = `d${between(chance, 1, documentsMax)}`;
    const state = changed(files.now(key), chance, features);
    if (state.kind === "present") this.#texts.set(state.contentHash, state.text);
    files.set(key, state, step);
    this.#world.note(
      `files/${key} becomes ${state.kind === "present" ? JSON.stringify(state) : "absent"}`,
    );
    if (features.lostHints && chance() < 0.3) {
      this.#world.note("and nobody hears of it");
      return;
    }
    const times = chance() < 0.2 ? 2 : 1;
    for (let told = 0; told < times; told += 1) this.#late.push(this.#hintOf(key));
    if (chance() < 0.7) this.hearLate();
  }

  #hintOf(key: string): Hint {
    const { files, epoch, scheduler } = this.#world;
    return {
      source: files.name,
      documentId: documentId(files.name, key),
      epoch,
      expects: "unknown",
      reason: "change",
      sourceTimeMs: null,
      observedAtMs: scheduler.clock.nowMs(),
      trace: null,
    };
  }

  /** Hints overtake one another on their way to the log. */
  hearLate(): void {
    const { chance, log, scheduler } = this.#world;
    const [late] = this.#late.splice(between(chance, 0, this.#late.length - 1), 1);
    if (!late) return;
    const memory = new MemoryEventLog({ store: log, clock: scheduler.clock });
    void publishHints(memory, [late]);
  }

  async pushSomething(): Promise<void> {
    const { chance, features, log, push, scheduler } = this.#world;
    const memory = new MemoryEventLog({ store: log, clock: scheduler.clock });
    const key = `p${between(chance, 1, documentsMax)}`;
    const target = {
      source: push,
      epoch: 1,
      permissions: { kind: "public" } as const,
      tenant: "*",
    };
    const { text, permissions, tenant, metadata, archived } = aDocument(chance, features);
    const { clock } = scheduler;
    const what = pick(chance, ["put", "put", "metadata", "permissions", "delete"] as const);
    this.#world.note(
      `push/${key} ${what} ${JSON.stringify({ text, permissions, tenant, metadata, archived })}`,
    );
    switch (what) {
      case "put": {
        const document = {
          key,
          content: { text },
          contentType: null,
          metadata,
          permissions,
          tenant,
          archived,
          sourceTimeMs: null,
        };
        await pushDocuments(memory, clock, target, [document]);
        return;
      }
      case "metadata":
        await pushFacet(memory, clock, target, { key }, { metadata });
        return;
      case "permissions":
        await pushFacet(memory, clock, target, { key }, { permissions });
        return;
      case "delete":
        await pushDelete(memory, clock, target, { key });
    }
  }
}
