/** The servers and services of a run, with gates where faults come in. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bucketOptions } from "../e2e/support/bucket-options.ts";
import { DistributedDeployment } from "../e2e/support/distributed-deployment.ts";
import type { Finding } from "../servers/available.ts";
import { BucketUnderTest } from "../servers/bucket-under-test.ts";
import { findLocalCluster, type LocalCluster } from "../servers/cluster.ts";
import { findLocalElasticmq, type LocalElasticmq } from "../servers/elasticmq.ts";
import { findLocalMoto, type LocalMoto } from "../servers/moto.ts";
import { pushSource } from "../kills/push-stream.ts";
import { bucketSource } from "./bucket-stream.ts";
import type { FaultyParts } from "./fault-driver.ts";
import { Gate } from "./gate.ts";

export interface ChaosServers extends AsyncDisposable {
  readonly cluster: LocalCluster;
  readonly s3: LocalMoto;
  readonly sqs: LocalElasticmq;
}

export interface ChaosParts extends FaultyParts, AsyncDisposable {
  readonly bucket: BucketUnderTest;
}

/** Two of each that may be two: then one takes over from the other. */
const instances = { restrictor: 2, chunker: 2, upserter: 2 };
const manyDeletes = { above: 1_000 };

export async function findChaosServers(): Promise<Finding<ChaosServers>> {
  const findings = [await findLocalCluster(), await findLocalMoto(), await findLocalElasticmq()];
  const [cluster, s3, sqs] = findings as [
    Finding<LocalCluster>,
    Finding<LocalMoto>,
    Finding<LocalElasticmq>,
  ];
  if (cluster.kind === "absent") return cluster;
  if (s3.kind === "absent") return s3;
  if (sqs.kind === "absent") return sqs;
  return {
    kind: "found",
    name: "kafka, qdrant, s3 and sqs",
    async start() {
      await using stack = new AsyncDisposableStack();
      const own = {
        cluster: stack.use(await cluster.start()),
        s3: stack.use(await s3.start()),
        sqs: stack.use(await sqs.start()),
      };
      const all = stack.move();
      return { ...own, [Symbol.asyncDispose]: () => all.disposeAsync() };
    },
  };
}

export async function startChaosParts({ cluster, s3, sqs }: ChaosServers): Promise<ChaosParts> {
  await using stack = new AsyncDisposableStack();
  const bucket = stack.use(await BucketUnderTest.create({ s3, sqs }));
  const queueGate = stack.use(await Gate.before(sqs.url));
  const through = (url: string) => url.replace(sqs.url, queueGate.url);
  const { deadLettersUrl, url } = bucket.queue;
  const place = {
    name: bucket.name,
    endpoint: bucket.endpoint,
    queue: { url: through(url), deadLettersUrl: through(deadLettersUrl) },
  };
  const options = bucketOptions(
    { [bucketSource]: place },
    {
      files: { permissions: "deny", hold: manyDeletes },
      sources: { [pushSource]: { kind: "push", permissions: "deny", tenant: "*" } },
      config: {
        vectors: { chunker: { kind: "structure", maxTokens: 48 } },
        defaults: { window: { wait: "100ms", max: 50 } },
      },
    },
  );
  const deployment = stack.use(
    await DistributedDeployment.start(cluster.address, { ...options, instances }),
  );
  const all = stack.move();
  return {
    bucket,
    cluster,
    deployment,
    queueGate,
    sqs,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** What the checker's own process runs by: it lists the bucket, and leaves the queue alone. */
export function writeCheckerConfig({ deployment }: ChaosParts, directory: string): string {
  const [file = ""] = deployment.configFiles;
  const config = JSON.parse(readFileSync(file, "utf8")) as {
    readonly sources: Record<string, { events?: unknown }>;
  };
  delete config.sources[bucketSource]?.events;
  const own = join(directory, "checker.yaml");
  writeFileSync(own, JSON.stringify(config));
  return own;
}
