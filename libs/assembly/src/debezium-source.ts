/** Debezium's topics of the config as a source: rows of a database, as they change. */
import { everyTenant, sha256Hex, sourceName } from "@tidemark/domain";
import { DebeziumLine, typeOfName, type ColumnType, type HintTable } from "@tidemark/debezium";
import { KafkaForeignTopics } from "@tidemark/kafka";
import { reconcileDatabaseCall, RemoteSourceLine } from "@tidemark/pipeline";
import { tableMappings, type TableMapping } from "@tidemark/rows";
import type { DebeziumSourceConfig } from "@tidemark/runtime";
import { securityOf } from "./kafka-security.ts";
import { limitsOf, type OpenedSource, type SourcesOptions } from "./source-options.ts";
import { servedRows } from "./served-rows.ts";

export function openDebeziumSource(
  options: SourcesOptions,
  source: DebeziumSourceConfig,
): OpenedSource {
  const { history, log, remoteDatabases, resources } = options;
  const name = sourceName(source.name);
  const mappings = tableMappings(source.tables, {
    tenant: everyTenant,
    permissions: source.permissions,
  });
  if (remoteDatabases) {
    const line = new RemoteSourceLine(name, {
      ...options,
      ...remoteDatabases,
      reconcile: reconcileDatabaseCall,
    });
    return {
      served: servedRows(source, mappings, { line, observedUpToMs: () => line.scannedAtMs }),
      from: null,
      contents: null,
      line: null,
    };
  }
  const types = typesOf(source);
  const { placeholder } = source;
  const line = new DebeziumLine({
    ...options,
    source: name,
    topicNames: source.topics,
    topics: resources.use(openTopics(options, source)),
    mappings,
    hintTables: hintTablesOf(source),
    decode: { placeholder, types },
    mappingDigest: digestOf({ mappings, source }),
    log,
    history,
    limits: limitsOf(source.hold),
  });
  const restates = { source: name, state: line.state.bind(line) };
  return {
    served: servedRows(source, mappings, { line, observedUpToMs: () => line.scannedAtMs }),
    from: null,
    contents: null,
    line,
    restates,
  };
}

/** Its own brokers with their own way in, or all of it as the log has it. */
function openTopics(
  { clock, config, logger, producer }: SourcesOptions,
  { brokers, sasl, tls }: DebeziumSourceConfig,
): KafkaForeignTopics {
  const own = brokers && { brokers, sasl, tls };
  const shared = config.log.kind === "kafka" ? config.log : null;
  const kafka = own ?? shared;
  if (!kafka) throw new Error("a source of topics has no brokers");
  const clientId = `${producer}-debezium`;
  return new KafkaForeignTopics({
    brokers: kafka.brokers,
    ...securityOf(kafka),
    clientId,
    clock,
    logger,
  });
}

function typesOf({ tables }: DebeziumSourceConfig) {
  return new Map(
    Object.entries(tables).map(([table, { types }]) => [
      table,
      new Map(
        Object.entries(types).flatMap(([column, written]): (readonly [string, ColumnType])[] => {
          const type = typeOfName(written);
          return type ? [[column, type]] : [];
        }),
      ),
    ]),
  );
}

function hintTablesOf({ hints }: DebeziumSourceConfig): ReadonlyMap<string, HintTable> {
  return new Map(
    Object.entries(hints).map(([table, { action = null, key, source }]) => [
      table,
      { action, key, source },
    ]),
  );
}

/** What is mapped or read otherwise is stated anew, as if it were another source. */
function digestOf({
  mappings,
  source: { brokers, placeholder, tables, topics },
}: {
  readonly mappings: ReadonlyMap<string, TableMapping>;
  readonly source: DebeziumSourceConfig;
}): string {
  const types = Object.entries(tables).map(([table, each]) => [table, each.types]);
  const read = [[...mappings], types, placeholder, topics.toSorted(), brokers ?? null];
  return sha256Hex(JSON.stringify(read)).slice(0, 16);
}
