import { ExitError, exitCodes, type Config } from "@tidemark/runtime";

const kinds = new Set(["debezium", "folder", "postgres", "push", "s3"]);

/** The parts of the grammar that no process runs yet are refused by name, never ignored. */
export function refuseUnbuilt(config: Config): void {
  const problems: string[] = [];
  if (config.generations.promote !== "complete") {
    problems.push(`generations.promote: ${config.generations.promote}`);
  }
  for (const [name, source] of Object.entries(config.sources)) {
    if (!kinds.has(source.kind)) problems.push(`sources.${name}.kind: ${source.kind}`);
  }
  if (problems.length === 0) return;
  throw new ExitError(exitCodes.config, `this version does not run yet: ${problems.join(", ")}`);
}
