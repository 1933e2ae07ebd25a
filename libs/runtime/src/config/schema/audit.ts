import type { z } from "zod";
import { count, duration, flag } from "../fields.ts";
import { section } from "../structure.ts";

export const auditSchema = section({
  every: duration({
    about: "How often sources, log and index are compared; `0s` is on demand alone",
    example: "24h",
  }).prefault("24h"),
  sample: count({
    about: "Vectors that are made again and compared, of each source",
    example: "100",
    least: 0,
    most: 100_000,
  }).prefault(100),
  repair: flag("Have what a scheduled audit finds mended").prefault(false),
  repairsPerSecond: count({
    about: "Documents that a repair asks for in a second, at most",
    example: "20",
    most: 10_000,
  }).prefault(20),
  settle: duration({
    about: "How long an audit waits for what is under way",
    example: "2m",
    most: 3_600_000,
  }).prefault("2m"),
})
  .transform(({ every, settle, ...rest }) => ({ ...rest, everyMs: every, settleMs: settle }))
  .meta({ description: "Comparing source, log and index, whether anything was noticed or not" });

export type AuditConfig = z.output<typeof auditSchema>;
