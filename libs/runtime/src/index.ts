export { checkConfig, loadConfig, type ConfigInput } from "./config/load-config.ts";
export { readPem } from "./config/read-pem.ts";
export { loadConfigFiles } from "./config/load-config-files.ts";
export { defaultConfig } from "./config/default-config.ts";
export { starterConfig } from "./config/starter-config.ts";
export { editorSchema } from "./config/json-schema.ts";
export { ConfigError, formatProblems, type Problem } from "./config/problems.ts";
export { Secret } from "./config/secret.ts";
export { configVersion, type Config } from "./config/schema/config-schema.ts";
export type { VectorsConfig } from "./config/schema/vectors.ts";
export type {
  EmbedderConfig,
  OnnxEmbedderConfig,
  OpenaiEmbedderConfig,
} from "./config/schema/embedders.ts";
export type { GenerationsConfig } from "./config/schema/generations.ts";
export type { HoldConfig, WindowConfig } from "./config/schema/pace.ts";
export type { PermissionsConfig } from "./config/schema/policy.ts";
export type { KeyProbeConfig, ProbesConfig, RowProbeConfig } from "./config/schema/probe.ts";
export type { RuleConfig } from "./config/schema/rules.ts";
export type {
  DebeziumSourceConfig,
  DefaultsConfig,
  FolderSourceConfig,
  PostgresSourceConfig,
  PushSourceConfig,
  S3SourceConfig,
  SourceConfig,
} from "./config/schema/sources.ts";
export type { TableConfig } from "./config/schema/tables.ts";
export type { TenantsConfig } from "./config/schema/tenants.ts";
export type { Objective, ObjectiveConfig } from "./config/schema/objectives.ts";
export type { LogConfig } from "./config/schema/log.ts";
export type { IndexConfig } from "./config/schema/vector-index.ts";
export type { ClientTlsConfig, ServerTlsConfig } from "./config/schema/tls.ts";
export { isLoopback, type ListenConfig, type ServerConfig } from "./config/schema/server.ts";
export { exitCodeOfSignal, exitCodes, type ExitCode } from "./exit-codes.ts";
export {
  createLogger,
  silentLogger,
  type Logger,
  type LoggerOptions,
  type LogLevel,
} from "./logger.ts";
export {
  boundedLabel,
  breakerStates,
  changeKinds,
  createMetrics,
  lagStages,
  metricNames,
  scanFindings,
  setState,
  type Metrics,
} from "./metrics.ts";
export { boundHeaps, memoryBudget, type MemoryBudget } from "./memory-budget.ts";
export { EventLoopWatch, Readiness } from "./health.ts";
export {
  drainMsDefault,
  ExitError,
  runProcess,
  type ProcessContext,
  type ProcessLike,
} from "./lifecycle.ts";
export { refuseUnbuilt, unbuiltIn } from "./config/unbuilt.ts";
