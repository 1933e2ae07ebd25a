import { eventLogContract } from "./contracts/event-log.ts";
import { LogStore } from "./log-store.ts";
import { MemoryEventLog } from "./memory-event-log.ts";

const stores = new WeakMap<object, LogStore>();

function storeOf(log: object): LogStore {
  const store = stores.get(log);
  if (!store) throw new Error("a log of another test");
  return store;
}

function openWith(redelivery: number) {
  return async (): Promise<MemoryEventLog> => {
    const store = new LogStore();
    const log = new MemoryEventLog({ store, redelivery });
    stores.set(log, store);
    return log;
  };
}

const hooks = {
  openAnother: async (log: object) => new MemoryEventLog({ store: storeOf(log) }),
  recreate: async (log: object, topic: string) => storeOf(log).recreate(topic),
  truncate: async (log: object, topic: string, partition: number, before: number) =>
    storeOf(log).truncate(topic, partition, before),
  compact: async (log: object, topic: string) => storeOf(log).compact(topic),
};

eventLogContract("memory", openWith(0), hooks);
eventLogContract("memory that redelivers", openWith(0.2), hooks);

test("a topic can get partitions, and its identity tells", async () => {
  const store = new LogStore(2);
  const log = new MemoryEventLog({ store });
  await log.append("hints", [{ key: "a", value: "1" }]);
  const before = await log.identity("hints");

  store.addPartitions("hints", 5);

  expect(await log.identity("hints")).toEqual({ id: before.id, partitions: 5 });
});

test("compaction keeps the last offset of a key, whatever its record says", async () => {
  const store = new LogStore(1);
  const log = new MemoryEventLog({ store });
  await log.append("mutations", [
    { key: "a", value: "revision 37" },
    { key: "a", value: "revision 20" },
  ]);

  store.compact("mutations");

  const read = await log.read("mutations", 0, { from: 0, to: 9, recordsMax: 9 });
  expect(read.map(({ value }) => value)).toEqual(["revision 20"]);
});
