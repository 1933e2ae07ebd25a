import { decodeMutation } from "@tidemark/domain";
import type { UpsertMutation } from "../chunk-record.ts";
import type { LoggedState } from "../ports/audit-spool.ts";
import type { EventLog } from "../ports/event-log.ts";
import { mutationsTopic } from "../topics.ts";

/** The newest whole record of a document, which has its content; null where the log has none. */
export async function newestBody(
  log: Pick<EventLog, "read">,
  logged: LoggedState | null,
): Promise<UpsertMutation | null> {
  if (!logged || logged.bodyOffset === null) return null;
  const { bodyOffset: from, partition } = logged;
  const range = { from, to: from + 1, recordsMax: 1 };
  const [record] = await log.read(mutationsTopic, partition, range);
  const mutation = record ? decodeMutation(record.value ?? "", record.offset) : null;
  const isOurs = mutation && "kind" in mutation && mutation.documentId === logged.id;
  return isOurs && mutation.kind === "upsert" ? mutation : null;
}
