export { typeOfName, type ColumnType } from "./column-type.ts";
export { placeholderDefault } from "./decode-value.ts";
export { DebeziumLine } from "./debezium-line.ts";
export type { FetchedPartition, ForeignRecord, ForeignTopics } from "./foreign-topics.ts";
export type { HintTable } from "./hint-table.ts";
export type { DebeziumLineOptions } from "./line-options.ts";
