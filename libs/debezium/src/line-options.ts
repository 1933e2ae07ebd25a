/** What a line of Debezium's topics is opened with. */
import type { GenerationId, HoldLimits, SourceName } from "@tidemark/domain";
import type {
  Catalogue,
  Chance,
  Clock,
  DocumentHistory,
  EventLog,
  PipelineLogger,
  ReconcileReport,
  VectorIndex,
} from "@tidemark/pipeline";
import type { TableMapping } from "@tidemark/rows";
import type { DecodeEventOptions } from "./decode-event.ts";
import type { ForeignTopics } from "./foreign-topics.ts";
import type { HintTable } from "./hint-table.ts";

export interface DebeziumLineOptions {
  readonly source: SourceName;
  readonly topicNames: readonly string[];
  readonly topics: ForeignTopics;
  readonly mappings: ReadonlyMap<string, TableMapping>;
  readonly hintTables: ReadonlyMap<string, HintTable>;
  readonly decode: DecodeEventOptions;
  /** Of all that is mapped: another one begins a new epoch, and all is read again. */
  readonly mappingDigest: string;
  readonly log: EventLog;
  readonly history: DocumentHistory;
  readonly index: VectorIndex;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: PipelineLogger;
  readonly limits: HoldLimits;
  readonly generation: () => GenerationId;
  /** After the first time that everything was read, and after deletes were looked at. */
  readonly scanned: (report: ReconcileReport) => void;
}
