import type { z } from "zod";
import { count, duration, number, oneOf, path, share } from "../fields.ts";
import { section } from "../structure.ts";

const gatesSchema = section({
  golden: path({ about: "Queries with the documents they should find", example: "./golden.jsonl" }),
  recallAt10: share({ about: "Recall at 10 at least", example: "0.98" }).prefault(0.98),
  neighbourOverlap: share({
    about: "Share of neighbours in common with the old generation at least",
    example: "0.70",
  }).prefault(0.7),
  soak: duration({ about: "How long the gates hold before the switch", example: "30m" }).prefault(
    "30m",
  ),
})
  .transform(({ soak, ...rest }) => ({ ...rest, soakMs: soak }))
  .meta({ description: "What a new generation must show under `promote: gates`" });

export const generationsSchema = section({
  onChange: oneOf(
    ["plan", "apply"],
    "When `vectors` changed: `plan` keeps serving the old, prints the price and waits for `tidemark apply`; `apply` builds at once",
  ).prefault("plan"),
  promote: oneOf(
    ["complete", "gates", "manual"],
    "When the new generation answers: as soon as it is complete, when its gates pass, or when told; this version runs `complete` alone",
  ).prefault("complete"),
  gates: gatesSchema.optional(),
  keep: duration({
    about: "The old generation stays fresh this long, for rollback",
    example: "72h",
  }).prefault("72h"),
  budget: section({
    cost: number({ about: "Money at most, in the embedder's currency", example: "20" }).optional(),
    tokens: count({ about: "Tokens at most", example: "100M" }).optional(),
  })
    .optional()
    .meta({ description: "A plan above it is refused by `apply`; this version does not run it" }),
})
  .transform(({ keep, ...rest }) => ({ ...rest, keepMs: keep }))
  .meta({ description: "What happens when `vectors` changes" });

export type GenerationsConfig = z.output<typeof generationsSchema>;
