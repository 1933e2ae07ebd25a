/** The objectives that hold for a source: the last one in the config that means it. */
import type { SourceName } from "@tidemark/domain";
import type { SourceObjectives } from "@tidemark/pipeline";
import type { Config } from "@tidemark/runtime";

const changeDefault = { share: 0.99, withinMs: 60_000 };
const restrictionDefault = { share: 0.999, withinMs: 5_000 };

/** Null asks for what holds for every source. */
export function objectivesFor(config: Config, source: SourceName | null): SourceObjectives {
  let change = changeDefault;
  let restriction = restrictionDefault;
  for (const objective of config.objectives) {
    if (objective.tenant !== undefined) continue;
    if (objective.source !== undefined && objective.source !== source) continue;
    change = objective.change ?? change;
    restriction = objective.restriction ?? restriction;
  }
  return { change, restriction };
}
