export { PostgresLine, type PostgresLineOptions } from "./postgres-line.ts";
