import { duration } from "../fields.ts";
import { section } from "../structure.ts";

export const sentinelsSchema = section({
  every: duration({
    about: "How often fixed texts are embedded again and compared; about 10k tokens each time",
    example: "1h",
    least: 60_000,
  }).prefault("1h"),
})
  .transform(({ every }) => ({ everyMs: every }))
  .meta({ description: "Whether the embedder still makes the vectors that are stored" });
