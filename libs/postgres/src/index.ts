export { RowProbe, type RowProbeOptions } from "./row-probe.ts";
export { PostgresLine, type PostgresLineOptions } from "./postgres-line.ts";
