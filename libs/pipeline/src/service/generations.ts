/** The generations as they are asked for: from the catalogue, and from the lines of this process. */
import type { Generation, GenerationId } from "@tidemark/domain";
import type { EventLog } from "../ports/event-log.ts";
import {
  chunkerGroup,
  chunksTopic,
  mutationsTopic,
  restrictorGroup,
  upserterGroup,
} from "../topics.ts";
import type { Catalogue } from "./catalogue.ts";
import type { GenerationLine } from "./generation-line.ts";
import type { GenerationLines } from "./generation-lines.ts";

const buildingStates = ["building", "validating", "ready"];

export class Generations {
  readonly #catalogue: Catalogue;
  readonly #lines: GenerationLines;
  readonly #log: EventLog;

  constructor(options: {
    readonly catalogue: Catalogue;
    readonly lines: GenerationLines;
    readonly log: EventLog;
  }) {
    this.#catalogue = options.catalogue;
    this.#lines = options.lines;
    this.#log = options.log;
  }

  /** @throws Error before the first generation is there */
  get active(): Generation {
    const { active } = this.#catalogue;
    if (!active) throw new Error("there is no active generation yet");
    return active;
  }

  /** The generation being built, if any. */
  get building(): Generation | null {
    const { generations } = this.#catalogue;
    return generations.find(({ state }) => buildingStates.includes(state)) ?? null;
  }

  get lines(): readonly GenerationLine[] {
    return this.#lines.all;
  }

  line(id: GenerationId): GenerationLine | null {
    return this.#lines.line(id);
  }

  /** Why this process cannot keep or query a generation; null when it can. */
  unavailable(id: GenerationId): string | null {
    return this.#lines.unavailable(id);
  }

  /** From 0 to 1: how much of the log a generation has applied, by records. */
  async progress(id: GenerationId): Promise<number> {
    const log = this.#log;
    const lags = await Promise.all([
      log.lag(mutationsTopic, restrictorGroup(id)),
      log.lag(mutationsTopic, chunkerGroup(id)),
      log.lag(chunksTopic(id), upserterGroup(id)),
    ]);
    const behind = lags.reduce((sum, lag) => sum + lag, 0);
    const ranges = await log.ranges(mutationsTopic);
    const records = ranges.reduce((sum, range) => sum + range.end - range.begin, 0);
    return records === 0 ? 1 : Math.max(0, 1 - behind / (3 * records));
  }
}
