import type { DocumentId } from "@tidemark/domain";
import type { LogRecord } from "./event-log.ts";

/** A document's own records of a topic, newest first, as far as the log still holds them. */
export interface DocumentHistory {
  recordsOf(topic: string, id: DocumentId, recordsMax: number): Promise<readonly LogRecord[]>;
}
