/**
 * What the services need of others: a Kafka, and a Qdrant. Where there is no Qdrant, the one in
 * memory stands in for it, which is stricter and keeps nothing.
 */
import { FakeQdrant } from "../../libs/qdrant/src/fixtures/fake-qdrant.ts";
import { isNeeded, type Finding } from "./available.ts";
import { findKafka, findLocalKafka, type LocalKafka } from "./kafka.ts";
import { findLocalQdrant, findQdrant, type LocalQdrant } from "./qdrant.ts";

/** Where log and index are. */
export interface ClusterAddress {
  readonly brokers: readonly string[];
  readonly qdrantUrl: string;
  readonly qdrantKey: string | null;
}

export interface Cluster extends AsyncDisposable {
  readonly address: ClusterAddress;
}

export interface LocalCluster extends Cluster {
  readonly kafka: LocalKafka;
  readonly qdrant: LocalQdrant;
}

/** What the index is on, for the titles of tests. */
export async function indexOfTests(): Promise<string> {
  const qdrant = await findQdrant();
  return qdrant.kind === "found" ? "Qdrant" : `a stand-in for Qdrant, since ${qdrant.reason}`;
}

export async function findCluster(): Promise<Finding<Cluster>> {
  const [kafka, qdrant] = [await findKafka(), await findQdrant()];
  if (kafka.kind === "absent") return kafka;
  if (qdrant.kind === "absent" && isNeeded(qdrant.name)) return qdrant;
  const startQdrant = qdrant.kind === "found" ? qdrant.start : () => FakeQdrant.start();
  return {
    kind: "found",
    name: "kafka and qdrant",
    start: () =>
      together(async (stack) => {
        const { brokers } = stack.use(await kafka.start());
        const { url } = stack.use(await startQdrant());
        return { address: { brokers, qdrantUrl: url, qdrantKey: null } };
      }),
  };
}

/** One whose servers a test can stop, start again, pause, wipe and set back. */
export async function findLocalCluster(): Promise<Finding<LocalCluster>> {
  const [kafka, qdrant] = [await findLocalKafka(), await findLocalQdrant()];
  if (kafka.kind === "absent") return kafka;
  if (qdrant.kind === "absent") return qdrant;
  return {
    kind: "found",
    name: "kafka and qdrant",
    start: () =>
      together(async (stack) => {
        const own = {
          kafka: stack.use(await kafka.start()),
          qdrant: stack.use(await qdrant.start()),
        };
        const address = {
          brokers: own.kafka.brokers,
          qdrantUrl: own.qdrant.url,
          qdrantKey: null,
        };
        return { ...own, address };
      }),
  };
}

/** Closes what was opened in reverse, also when not all of it could be opened. */
async function together<T>(
  open: (stack: AsyncDisposableStack) => Promise<T>,
): Promise<T & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const opened = await open(stack);
  const all = stack.move();
  return { ...opened, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
