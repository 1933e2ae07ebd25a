/** The objectives that hold for a source or a tenant of it: the last one in the config that means it. */
import type { SourceName } from "@tidemark/domain";
import type { ObjectivePair, Objectives } from "@tidemark/pipeline";
import type { Config } from "@tidemark/runtime";

const overMs = 30 * 24 * 3_600_000;
const changeDefault = { share: 0.99, withinMs: 60_000, overMs };
const restrictionDefault = { share: 0.999, withinMs: 5_000, overMs };

/** Null asks for what holds for every source, or for every tenant. */
export function objectivesFor(
  config: Config,
  source: SourceName | null,
  tenant: string | null = null,
): ObjectivePair {
  let change: ObjectivePair["change"] = changeDefault;
  let restriction: ObjectivePair["restriction"] = restrictionDefault;
  const meant = config.objectives.filter(
    (objective) => objective.source === undefined || objective.source === source,
  );
  // What is said of a tenant holds for it, wherever it stands among what is said of everybody.
  const ofAll = meant.filter((objective) => objective.tenant === undefined);
  const own = meant.filter((objective) => tenant !== null && objective.tenant === tenant);
  for (const objective of [...ofAll, ...own]) {
    const { overMs: over } = objective;
    if (objective.change) change = { ...objective.change, overMs: over };
    if (objective.restriction) restriction = { ...objective.restriction, overMs: over };
  }
  return { change, restriction };
}

/** Asked for with every change: what the config says is worked out once. */
export function objectivesOf(config: Config): Objectives {
  const pairs = new Map<string, ObjectivePair>();
  const tenants = new Map<SourceName, readonly string[]>();
  const named = config.objectives.flatMap(({ tenant }) => (tenant === undefined ? [] : [tenant]));
  const own: Objectives = {
    tenants(source) {
      const known = tenants.get(source);
      if (known) return known;
      const meant = config.objectives.flatMap((objective) =>
        objective.tenant !== undefined && (objective.source ?? source) === source
          ? [objective.tenant]
          : [],
      );
      tenants.set(source, [...new Set(meant)]);
      return own.tenants(source);
    },
    of(source, tenant) {
      const isApart = tenant !== null && named.includes(tenant);
      const key = JSON.stringify([source, isApart ? tenant : null]);
      const known = pairs.get(key);
      if (known) return known;
      const pair = objectivesFor(config, source, isApart ? tenant : null);
      pairs.set(key, pair);
      return pair;
    },
  };
  return own;
}
