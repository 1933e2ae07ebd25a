/** Panels by what they ask, each with the unit that its values have. */
import { ReduceDataOptionsBuilder } from "@grafana/grafana-foundation-sdk/common";
import {
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
  type Dashboard,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

export interface Panel {
  readonly title: string;
  readonly description?: string;
  /** As Grafana names units: `s`, `percentunit`, `bytes`, `short` … */
  readonly unit: string;
  /** The value now, large, in place of a line over time. */
  readonly isStat?: boolean;
  /** By legend, what is asked. */
  readonly queries: Readonly<Record<string, string>>;
}

export interface Board {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: Readonly<Record<string, readonly Panel[]>>;
}

const refIds = ["A", "B", "C", "D", "E", "F"];
const gridWidth = 24;
const heights = { stat: 4, line: 8 } as const;
const datasource = { type: "prometheus", uid: "prometheus" };

export function dashboardOf({ description, rows, title, uid }: Board): Dashboard {
  const board = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(["tidemark"])
    .timezone("browser")
    .time({ from: "now-6h", to: "now" })
    .refresh("30s")
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly();
  let id = 0;
  for (const [row, panels] of Object.entries(rows)) {
    board.withRow(new RowBuilder(row).id((id += 1)));
    const width = Math.max(6, Math.floor(gridWidth / panels.length));
    for (const panel of panels) board.withPanel(builderOf(panel, width).id((id += 1)));
  }
  return board.build();
}

function builderOf(
  { description = "", isStat = false, queries, title, unit }: Panel,
  width: number,
) {
  const builder = isStat
    ? new StatBuilder()
        .height(heights.stat)
        .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    : new TimeseriesBuilder().height(heights.line);
  builder.title(title).description(description).unit(unit).datasource(datasource).span(width);
  for (const [at, [legend, expr]] of Object.entries(queries).entries()) {
    const query = new DataqueryBuilder()
      .datasource(datasource)
      .refId(refIds[at] ?? `Q${at}`)
      .legendFormat(legend)
      .expr(expr);
    builder.withTarget(isStat ? query.instant() : query.range());
  }
  return builder;
}
