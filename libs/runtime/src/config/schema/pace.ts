/** When changes are embedded, and which deletes wait for a person. */
import { z } from "zod";
import { count, cron, duration, oneOf, share } from "../fields.ts";
import { section } from "../structure.ts";

/** The first change of a quiet document goes at once; those that follow within it share one run. */
export type WindowConfig =
  | { readonly kind: "wait"; readonly waitMs: number; readonly documentsMax: number }
  | { readonly kind: "schedule"; readonly cron: string };

export const windowSchema = section({
  wait: duration({
    about: "Changes that follow within it share one run; `5s` if nothing else is said",
    example: "5s",
    most: 86_400_000,
  }).optional(),
  max: count({
    about: "This many waiting documents end the window at once; `10` if nothing else is said",
    example: "10",
  }).optional(),
  schedule: cron({ about: "Embed at these times instead" }).optional(),
})
  .transform(({ wait, max, schedule }, context) => {
    if (schedule !== undefined && (wait ?? max) !== undefined) {
      const refusal = {
        what: "{value} has both a schedule and a wait",
        why: "changes are taken together either by a window or at fixed times",
        fix: "keep schedule, or keep wait and max",
      };
      context.addIssue({ code: "custom", message: JSON.stringify(refusal) });
      return z.NEVER;
    }
    return { waitMs: wait, documentsMax: max, cron: schedule };
  })
  .meta({ description: "How changes of one document are taken together; restrictions never wait" });

export type WrittenWindow = z.output<typeof windowSchema>;

export const defaultWindow = { kind: "wait", waitMs: 5000, documentsMax: 10 } as const;

/** Fills what a source did not say from what it inherits. */
export function windowOf(
  written: WrittenWindow | undefined,
  inherited: WindowConfig,
): WindowConfig {
  if (written?.cron !== undefined) return { kind: "schedule", cron: written.cron };
  if (written === undefined || (written.waitMs ?? written.documentsMax) === undefined)
    return inherited;
  const base = inherited.kind === "wait" ? inherited : defaultWindow;
  return {
    kind: "wait",
    waitMs: written.waitMs ?? base.waitMs,
    documentsMax: written.documentsMax ?? base.documentsMax,
  };
}

/** Deletes inferred from a listing wait for a person when they exceed both. */
export interface HoldConfig {
  readonly above: number;
  /** Of the source's documents, from 0 to 1. */
  readonly share: number;
}

export const holdSchema = section({
  above: count({
    about: "More deletes than this at once; `10` if nothing else is said",
    example: "10",
    least: 0,
  }).optional(),
  share: share({
    about: "And more than this share of the source; `10%` if nothing else is said",
  }).optional(),
}).meta({
  description: "Deletes inferred from a listing past both wait for `tidemark reconcile --confirm`",
});

export const defaultHold: HoldConfig = { above: 10, share: 0.1 };

export function holdOf(
  written: z.output<typeof holdSchema> | undefined,
  inherited: HoldConfig,
): HoldConfig {
  return {
    above: written?.above ?? inherited.above,
    share: written?.share ?? inherited.share,
  };
}

export const whenLateSchema = oneOf(
  ["serve", "refuse"],
  "What a search answers while a delete or a narrowing is later than its objective: `serve` says so, `refuse` answers 503",
);
