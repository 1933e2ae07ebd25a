/** Of which sources restrictions may not hold yet that should: searches say so, or are refused. */
import type { SourceName } from "@tidemark/domain";
import { RequestError } from "../operations.ts";
import type { FreshnessBoard } from "./freshness-board.ts";
import type { RestrictionsBehind } from "./restrictions-behind.ts";
import type { ServedSource } from "./served-source.ts";
import { areRestrictionsLate } from "./unproven.ts";

/** What is read of the log is so old at most, besides what acknowledging takes. */
const readAfterMs = 1_500;

export interface LateRestrictionsOptions {
  readonly behind: Pick<RestrictionsBehind, "sinceMs">;
  readonly freshness: FreshnessBoard;
  readonly withinMs: (source: SourceName) => number;
  /** Whether a source answers nothing rather than what may be restricted. */
  readonly refuses: (source: SourceName) => boolean;
}

export class LateRestrictions {
  readonly #options: LateRestrictionsOptions;

  constructor(options: LateRestrictionsOptions) {
    this.#options = options;
  }

  /** @throws RequestError with 503 when one of them is late and is to be refused then */
  sources(
    scope: readonly ServedSource[],
    restrictedUpToMs: (source: SourceName) => number | null,
    nowMs: number,
  ): readonly SourceName[] {
    const late = scope.flatMap((source) =>
      this.#isLate(source, restrictedUpToMs, nowMs) ? [source.name] : [],
    );
    const refused = late.find((source) => this.#options.refuses(source));
    if (refused === undefined) return late;
    const withinMs = this.#options.withinMs(refused);
    throw new RequestError(
      503,
      "restrictions-late",
      `source ${refused}: a delete or a narrowed permission may not hold yet ${withinMs} ms after ` +
        "it was made, and whenRestrictionsLate is refuse; leave the source out, or ask again later",
    );
  }

  #isLate(
    source: ServedSource,
    restrictedUpToMs: (source: SourceName) => number | null,
    nowMs: number,
  ): boolean {
    const { behind, freshness, withinMs: within } = this.#options;
    const { name } = source;
    const withinMs = within(name);
    const sinceMs = behind.sinceMs(name);
    if (sinceMs !== null && nowMs - sinceMs > withinMs + readAfterMs) return true;
    if ((freshness.source(name)?.restrictionsLate ?? 0) > 0) return true;
    const standing = {
      isListed: source.line !== null && !source.isStreamed,
      completeUpToMs: restrictedUpToMs(name),
      observedUpToMs: source.observedUpToMs(),
    };
    return areRestrictionsLate({ lagMs: null, restricted: [standing], withinMs, nowMs });
  }
}
