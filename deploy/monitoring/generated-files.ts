/** What is written for Prometheus and Grafana, by its path from the root. */
import { freshnessBoard } from "./dashboards/freshness.ts";
import { dashboardOf, type Board } from "./dashboards/panel.ts";
import { pipelineBoard } from "./dashboards/pipeline.ts";
import { ruleFiles } from "./rule-files.ts";

export const boards: readonly Board[] = [freshnessBoard, pipelineBoard];

export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ...[...ruleFiles()].map(([name, text]) => [`deploy/prometheus/rules/${name}`, text] as const),
    ...boards.map(
      (board) =>
        [
          `deploy/grafana/dashboards/${board.uid}.json`,
          `${JSON.stringify(dashboardOf(board), null, 2)}\n`,
        ] as const,
    ),
  ]);
}
