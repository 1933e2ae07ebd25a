/** Every file of rules that Prometheus loads, by its name. */

import { budgetRules, objectiveRules } from "./objective-rules.ts";
import { pipelineAlerts } from "./pipeline-alerts.ts";
import { probeAlerts } from "./probe-alerts.ts";
import { auditAlerts, processAlerts } from "./process-alerts.ts";
import { sentinelAlerts } from "./sentinel-alerts.ts";
import { isAlert, rulesFile, type Alert, type RuleGroup } from "./rule.ts";

export const ruleGroups: Readonly<Record<string, readonly RuleGroup[]>> = {
  "objectives.yml": [objectiveRules, budgetRules],
  "pipeline.yml": [pipelineAlerts, processAlerts, auditAlerts, sentinelAlerts, probeAlerts],
};

const rules = Object.values(ruleGroups)
  .flat()
  .flatMap((group) => group.rules);
export const alerts: readonly Alert[] = rules.filter(isAlert);
/** Series that rules make, which panels may ask for as well. */
export const recordNames: readonly string[] = rules.flatMap((rule) =>
  isAlert(rule) ? [] : [rule.record],
);

export function ruleFiles(): ReadonlyMap<string, string> {
  return new Map(Object.entries(ruleGroups).map(([name, groups]) => [name, rulesFile(groups)]));
}
