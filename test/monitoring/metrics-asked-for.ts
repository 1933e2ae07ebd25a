/** Names of metrics in a query, as far as Tidemark's own and its process's go. */
import { createMetrics } from "@tidemark/runtime";

/** What Node tells of every process, by the names that it is scraped under. */
export const processMetrics: readonly string[] = [
  "up",
  ...createMetrics()
    .registry.getMetricsAsArray()
    .map(({ name }) => name)
    .filter((name) => !name.startsWith("tidemark_")),
];

const functions = new Set(
  `sum max min avg count group by on ignoring and or unless without offset bool group_left group_right
  rate irate increase delta deriv changes time absent histogram_quantile topk bottomk quantile vector clamp_min
  clamp_max label_replace count_over_time max_over_time last_over_time`.split(/\s+/u),
);

/** A histogram's parts count as the histogram. Labels, strings and ranges are no names. */
export function metricsAskedFor(expr: string): readonly string[] {
  const bare = expr
    .replaceAll(/"[^"]*"/gu, "")
    .replaceAll(/\{[^}]*\}/gu, "")
    .replaceAll(/\[[^\]]*\]/gu, "")
    .replaceAll(/\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)/gu, "")
    .replaceAll(/\boffset\s+\w+/gu, "");
  const words = bare.match(/[a-zA-Z_:][\w:]*/gu) ?? [];
  const names = words.filter((word) => !functions.has(word));
  return [...new Set(names.map((name) => name.replace(/_(bucket|sum|count)$/u, "")))];
}
