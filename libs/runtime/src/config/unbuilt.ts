import { exitCodes } from "../exit-codes.ts";
import { ExitError } from "../lifecycle.ts";
import type { Config } from "./schema/config-schema.ts";

const kinds = new Set(["debezium", "folder", "postgres", "push", "s3"]);

/** The parts of the grammar that no process runs yet are refused by name, never ignored. */
export function refuseUnbuilt(config: Config): void {
  const problems = unbuiltIn(config);
  if (problems.length === 0) return;
  throw new ExitError(exitCodes.config, `this version does not run yet: ${problems.join(", ")}`);
}

/** What a config asks for of those parts, as they are named in it. */
export function unbuiltIn({ generations, sources, tenants }: Config): readonly string[] {
  const problems: string[] = [];
  if (generations.promote !== "complete") {
    problems.push(`generations.promote: ${generations.promote}`);
  }
  if (generations.budget) problems.push("generations.budget");
  if (hasBounds(tenants.quota)) problems.push("tenants.quota");
  for (const [name, source] of Object.entries(sources)) {
    if (!kinds.has(source.kind)) problems.push(`sources.${name}.kind: ${source.kind}`);
    if ("quota" in source && hasBounds(source.quota)) problems.push(`sources.${name}.quota`);
  }
  return problems;
}

function hasBounds(quota: object): boolean {
  return Object.values(quota).some((bound) => bound !== undefined);
}
