import { ExitError, exitCodes, type Config } from "@tidemark/runtime";

/** The parts of the grammar that this process does not run are refused by name, never ignored. */
export function refuseUnbuilt(config: Config): void {
  const problems: string[] = [];
  if (config.log.kind !== "sqlite") problems.push(`log.kind: ${config.log.kind}`);
  if (config.index.kind !== "sqlite") problems.push(`index.kind: ${config.index.kind}`);
  if (config.generations.promote !== "complete") {
    problems.push(`generations.promote: ${config.generations.promote}`);
  }
  for (const [name, source] of Object.entries(config.sources)) {
    if (source.kind !== "folder" && source.kind !== "push") {
      problems.push(`sources.${name}.kind: ${source.kind}`);
    }
  }
  for (const [name, embedder] of Object.entries(config.embedders)) {
    if (embedder.kind === "onnx" && embedder.endpoint !== undefined) {
      problems.push(`embedders.${name}.endpoint`);
    }
  }
  if (problems.length === 0) return;
  throw new ExitError(
    exitCodes.config,
    `this version runs one process on SQLite with folders and pushed documents; not yet: ${problems.join(", ")}`,
  );
}
