/**
 * A seeded history of two sources, as their log has it: one that is read, with what late processes
 * append after newer records and with new epochs, and one that is pushed, facets and all.
 */
import { documentId, sourceName, type DocumentId } from "@tidemark/domain";
import {
  hintsTopic,
  mutationsTopic,
  publishHints,
  pushDelete,
  pushDocuments,
  pushFacet,
  resolverGroup,
  resolveStage,
  runStage,
  scanSource,
  silentObserver,
  type Chance,
  type EventLog,
  type LogRecord,
  type VectorIndex,
} from "@tidemark/pipeline";
import { silentLogger } from "@tidemark/runtime";
import { between, eventually, openGate, pick, seededChance } from "@tidemark/testing";
import { aDocument, changed } from "../../simulation/random-documents.ts";
import type { SimulatedGeneration } from "../../simulation/simulated-generation.ts";
import { SimulatedSource } from "../../simulation/simulated-source.ts";
import { realClock } from "./kafka-log.ts";

const withoutPoison = { poison: false };
const settleWithinMs = 60_000;
const recordsMax = 10_000;

export class RandomHistory implements AsyncDisposable {
  readonly files = new SimulatedSource(sourceName("files"), { byReference: false });
  readonly app = sourceName("app");
  /** What was appended, by kind. */
  readonly counts = { read: 0, put: 0, patched: 0, removed: 0, late: 0, epochs: 1 };
  readonly #log: EventLog;
  readonly #chance: Chance;
  readonly #documents: number;
  #stop = new AbortController();
  #resolving: Promise<void>;
  #step = 0;

  constructor(log: EventLog, options: { readonly seed: number; readonly documents: number }) {
    this.#log = log;
    this.#chance = seededChance(options.seed);
    this.#documents = options.documents;
    this.#resolving = this.#resolve();
  }

  async change(times: number): Promise<void> {
    for (let at = 0; at < times; at += 1) {
      await (this.#chance() < 0.5 ? this.#changeFile() : this.#push());
    }
    await this.untilResolved();
  }

  /** Documents of the read source are read again, whatever the log says of them. */
  async restate(ids: readonly DocumentId[]): Promise<void> {
    await this.#hint(ids.filter((id) => id.startsWith(`${this.files.name}/`)));
  }

  /**
   * What a process appends that read a state before a newer one, and was paused: records of the
   * read source that are no longer the newest, as they were.
   */
  async appendLate(times: number): Promise<void> {
    const older = (await this.records()).filter(
      ({ key, offset, partition }, _, all) =>
        key.startsWith(`${this.files.name}/`) &&
        all.some(
          (other) => other.key === key && other.partition === partition && other.offset > offset,
        ),
    );
    for (let at = 0; at < times; at += 1) {
      const { key, value } = pick(this.#chance, older);
      await this.#log.append(mutationsTopic, [{ key, value }]);
      this.counts.late += 1;
    }
  }

  /** The log of hints is made anew: positions begin again, and all is read under a new epoch. */
  async newEpoch(index: VectorIndex, { id }: SimulatedGeneration): Promise<void> {
    this.#stop.abort();
    await this.#resolving;
    await this.#log.dropTopic(hintsTopic);
    this.counts.epochs += 1;
    this.#stop = new AbortController();
    this.#resolving = this.#resolve();
    const { heldReason } = await scanSource({
      source: this.files.name,
      from: this.files.opened(openGate),
      log: this.#log,
      index,
      generation: id,
      clock: realClock,
      epoch: this.counts.epochs,
      snapshot: true,
      limits: { above: 10, share: 0.1 },
      confirmed: null,
    });
    if (heldReason !== null) throw new Error(`the snapshot is held: ${heldReason}`);
    await this.untilResolved();
  }

  /** Waits until every hint is read. */
  async untilResolved(): Promise<void> {
    await eventually(async () => (await this.#log.lag(hintsTopic, resolverGroup)) === 0, {
      withinMs: settleWithinMs,
    });
  }

  /** Everything that `mutations` holds. */
  async records(): Promise<readonly LogRecord[]> {
    const ranges = await this.#log.ranges(mutationsTopic);
    const all = ranges.map(({ begin, end, partition }) =>
      this.#log.read(mutationsTopic, partition, { from: begin, to: end, recordsMax }),
    );
    return (await Promise.all(all)).flat();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#resolving;
  }

  async #changeFile(): Promise<void> {
    const key = `page-${between(this.#chance, 1, this.#documents)}`;
    this.#step += 1;
    this.files.set(key, changed(this.files.now(key), this.#chance, withoutPoison), this.#step);
    this.counts.read += 1;
    await this.#hint([documentId(this.files.name, key)]);
    // Or hints of one document would nearly always share a reading.
    if (this.#chance() < 0.5) await this.untilResolved();
  }

  async #push(): Promise<void> {
    const chance = this.#chance;
    const key = `note-${between(chance, 1, this.#documents)}`;
    const target = {
      source: this.app,
      epoch: 1,
      permissions: { kind: "public" } as const,
      tenant: "*",
    };
    const { text, ...document } = aDocument(chance, withoutPoison);
    const what = pick(chance, ["put", "put", "metadata", "permissions", "delete"] as const);
    switch (what) {
      case "put": {
        const content = { text };
        const whole = { ...document, key, content, contentType: null, sourceTimeMs: null };
        await pushDocuments(this.#log, realClock, target, [whole]);
        this.counts.put += 1;
        return;
      }
      case "metadata":
      case "permissions": {
        const { metadata, permissions } = document;
        const facet = what === "metadata" ? { metadata } : { permissions };
        await pushFacet(this.#log, realClock, target, { key }, facet);
        this.counts.patched += 1;
        return;
      }
      case "delete":
        await pushDelete(this.#log, realClock, target, { key });
        this.counts.removed += 1;
    }
  }

  async #hint(ids: readonly DocumentId[]): Promise<void> {
    const hints = ids.map((id) => ({
      source: this.files.name,
      documentId: id,
      epoch: this.counts.epochs,
      expects: "unknown" as const,
      reason: "change" as const,
      sourceTimeMs: null,
      observedAtMs: realClock.nowMs(),
      trace: null,
    }));
    await publishHints(this.#log, hints);
  }

  #resolve(): Promise<void> {
    const sources = new Map([[this.files.name, this.files.opened(openGate)]]);
    const stage = resolveStage({
      log: this.#log,
      sources,
      clock: realClock,
      blocked: () => {},
    });
    const options = {
      log: this.#log,
      index: null,
      generation: null,
      clock: realClock,
      chance: seededChance(1),
      logger: silentLogger,
      observer: silentObserver,
    };
    return runStage(stage, options, this.#stop.signal);
  }
}
