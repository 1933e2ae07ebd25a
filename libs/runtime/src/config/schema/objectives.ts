import { z } from "zod";
import { duration, text } from "../fields.ts";
import { leaf, refuse } from "../leaf.ts";
import { listOf, section } from "../structure.ts";
import { parseDurationMs, parsePercent } from "../units.ts";

/** So many of the changes can be found within so long. */
export interface Objective {
  /** From 0 to 1. */
  readonly share: number;
  readonly withinMs: number;
}

const objective = (about: string, example: string) =>
  leaf<Objective>(
    {
      about,
      example,
      form: "objective",
      schema: {
        type: "string",
        pattern: String.raw`^\d+(\.\d+)? ?% within \d+(\.\d+)? ?(ms|s|m|h|d)$`,
      },
    },
    (written) => {
      const [percent = "", wait = "", ...more] = String(written).split(/\s+within\s+/u);
      const part = parsePercent(percent.trim());
      const withinMs = parseDurationMs(wait.trim());
      const complete = part !== undefined && withinMs !== undefined && more.length === 0;
      if (complete && part > 0 && part < 1 && withinMs > 0) return { share: part, withinMs };
      return refuse({
        what: "{value} is not an objective",
        why:
          part === 1
            ? "100% leaves no room for a single late change"
            : "a percentage below 100, `within` and a duration are expected",
        fix: `write ${example}`,
      });
    },
  );

const objectiveSchema = section({
  source: text({
    about: "A name under `sources`; absent: every source",
    example: "uploads",
  }).optional(),
  tenant: text({ about: "Of this tenant alone", example: "acme" }).optional(),
  change: objective("How soon a change can be found", "99% within 60s").optional(),
  restriction: objective("How soon a delete or a narrowing holds", "99.9% within 5s").optional(),
  over: duration({
    about: "The time over which shares are counted",
    example: "30d",
    least: 60_000,
  }).prefault("30d"),
}).transform(({ over, ...rest }, context) => {
  if (rest.change !== undefined || rest.restriction !== undefined) return { ...rest, overMs: over };
  const refusal = {
    what: "the objective promises nothing",
    why: "it has neither change nor restriction",
    fix: "add change: 99% within 60s",
  };
  context.addIssue({ code: "custom", message: JSON.stringify(refusal) });
  return z.NEVER;
});

export const defaultObjectives = [
  { change: "99% within 60s", restriction: "99.9% within 5s", over: "30d" },
];

export const objectivesSchema = listOf(objectiveSchema, "[{ change: 99% within 60s }]").meta({
  description: "What freshness is measured against",
});

export type ObjectiveConfig = z.output<typeof objectiveSchema>;
