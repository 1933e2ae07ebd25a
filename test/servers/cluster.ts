/**
 * What the services need of others: a Kafka, and a Qdrant. Where there is no Qdrant, the one in
 * memory stands in for it, which is stricter and keeps nothing.
 */
import { FakeQdrant } from "../../libs/qdrant/src/fixtures/fake-qdrant.ts";
import type { Finding } from "./available.ts";
import { findKafka } from "./kafka.ts";

/** Where log and index are. */
export interface ClusterAddress {
  readonly brokers: readonly string[];
  readonly qdrantUrl: string;
  readonly qdrantKey: string | null;
}

export interface Cluster extends AsyncDisposable {
  readonly address: ClusterAddress;
}

export async function findCluster(): Promise<Finding<Cluster>> {
  const kafka = await findKafka();
  if (kafka.kind === "absent") return kafka;
  return {
    kind: "found",
    name: "kafka and qdrant",
    async start() {
      await using stack = new AsyncDisposableStack();
      const { brokers } = stack.use(await kafka.start());
      const { url } = stack.use(await FakeQdrant.start());
      const all = stack.move();
      return {
        address: { brokers, qdrantUrl: url, qdrantKey: null },
        [Symbol.asyncDispose]: () => all.disposeAsync(),
      };
    },
  };
}
