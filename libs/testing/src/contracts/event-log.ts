/**
 * What every event log promises: the least that any gives.
 *
 *     eventLogContract("memory", async () => new MemoryEventLog());
 */
import { eventLogFates, type EventLogContractOptions } from "./event-log-fates.ts";
import { eventLogGroups } from "./event-log-groups.ts";
import { eventLogRecords } from "./event-log-records.ts";
import { withLogOf, type OpenEventLog } from "./log-reading.ts";

export type { EventLogContractOptions } from "./event-log-fates.ts";

export function eventLogContract(
  name: string,
  open: OpenEventLog,
  options: EventLogContractOptions = {},
): void {
  const withLog = withLogOf(open);
  describe(`${name} as an event log`, () => {
    eventLogRecords(withLog);
    eventLogGroups(withLog);
    eventLogFates(withLog, options);
  });
}
