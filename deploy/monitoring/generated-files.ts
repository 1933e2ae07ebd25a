/** What is written for Prometheus and Grafana, by its path from the root. */
import { ruleFiles } from "./rule-files.ts";

export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([...ruleFiles()].map(([name, text]) => [`deploy/prometheus/rules/${name}`, text]));
}
