/** The stages of one generation over a log and an index, as the services run them. */
import type { DocumentId, Mutation, Receipt } from "@tidemark/domain";
import {
  chunkerGroup,
  chunkStage,
  chunksTopic,
  mutationsTopic,
  restrictorGroup,
  restrictStage,
  runStage,
  silentObserver,
  tokenSource,
  upserterGroup,
  upsertStage,
  type EventLog,
  type Stage,
  type VectorIndex,
} from "@tidemark/pipeline";
import { silentLogger } from "@tidemark/runtime";
import { eventually, seededChance } from "@tidemark/testing";
import {
  paragraphExtractor,
  type SimulatedGeneration,
} from "../../simulation/simulated-generation.ts";
import { realClock } from "./kafka-log.ts";

export interface ViewOptions {
  readonly log: EventLog;
  readonly index: VectorIndex;
  readonly generation: SimulatedGeneration;
  /** Documents whose newest state the log has lost are to be stated again. */
  readonly restate: (ids: readonly DocumentId[]) => Promise<void>;
}

const settleWithinMs = 60_000;

export class ViewBuilder implements AsyncDisposable {
  readonly receipts: Receipt[] = [];
  readonly #options: ViewOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>[] = [];
  #bug: unknown = null;

  private constructor(options: ViewOptions) {
    this.#options = options;
  }

  /** Makes room in the index, and begins to read. */
  static async start(options: ViewOptions): Promise<ViewBuilder> {
    const { generation, index } = options;
    await index.ensureGeneration(generation.id, generation.generation.recipe.space.dimension);
    const builder = new ViewBuilder(options);
    builder.#runAll();
    return builder;
  }

  /** Waits until all that the log holds is handled. @throws what a stage failed with */
  async untilCaughtUp(): Promise<void> {
    const { log, generation } = this.#options;
    const groups = [
      [mutationsTopic, restrictorGroup(generation.id)],
      [mutationsTopic, chunkerGroup(generation.id)],
      [chunksTopic(generation.id), upserterGroup(generation.id)],
    ] as const;
    await eventually(
      async () => {
        for (const [topic, group] of groups) {
          if ((await log.lag(topic, group)) > 0) return this.#bug !== null;
        }
        return true;
      },
      { withinMs: settleWithinMs },
    );
    if (this.#bug !== null) throw this.#bug;
  }

  /** How many records had this outcome. */
  count(outcome: Receipt["outcome"]): number {
    return this.receipts.filter((receipt) => receipt.outcome === outcome).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  #runAll(): void {
    const { generation, index, log, restate } = this.#options;
    const counter = generation.embedder();
    const shared = {
      log,
      index,
      generation: generation.id,
      clock: realClock,
      token: tokenSource(crypto.randomUUID()),
      observer: {
        ...silentObserver,
        receipt: (receipt: Receipt) => void this.receipts.push(receipt),
      },
      extractor: paragraphExtractor,
      settings: generation.settings,
      normalization: "nfc" as const,
      countTokens: (text: string) => counter.countTokens(text),
      contents: new Map(),
      windowOf: () => null,
      accepted: () => false,
      passed: () => {},
      restate: (mutations: readonly Mutation[]) =>
        restate(mutations.map(({ documentId }) => documentId)),
    };
    this.#run(restrictStage(shared));
    this.#run(chunkStage(shared));
    this.#run(
      upsertStage({
        ...shared,
        embedder: generation.embedder(),
        fingerprint: generation.generation.fingerprint,
        isActive: () => true,
        restate: ({ mutation }) => restate([mutation.documentId]),
      }),
    );
  }

  #run<T>(stage: Stage<T>): void {
    const { generation, index, log } = this.#options;
    const options = {
      log,
      index,
      generation: generation.id,
      clock: realClock,
      chance: seededChance(1),
      logger: silentLogger,
      observer: silentObserver,
    };
    const running = runStage(stage, options, this.#stop.signal).catch((error: unknown) => {
      this.#bug ??= error;
    });
    this.#running.push(running);
  }
}
