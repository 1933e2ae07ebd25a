/**
 * A run about what is pushed, put into a bucket and edited in a folder: its servers and services, with
 * gates where faults come in.
 */
import { bucketOptions } from "../e2e/support/bucket-options.ts";
import { DistributedDeployment } from "../e2e/support/distributed-deployment.ts";
import type { Finding } from "../servers/available.ts";
import { BucketUnderTest } from "../servers/bucket-under-test.ts";
import { findLocalCluster, type LocalCluster } from "../servers/cluster.ts";
import { findLocalElasticmq, type LocalElasticmq } from "../servers/elasticmq.ts";
import { findLocalMoto, type LocalMoto } from "../servers/moto.ts";
import { pushSource } from "../kills/push-stream.ts";
import { bucketSource } from "./bucket-stream.ts";
import { allOf, killedOrPaused, type ChaosParts } from "./chaos-world.ts";
import { FilesWorld } from "./files-world.ts";
import { Gate } from "./gate.ts";

export interface FilesServers extends AsyncDisposable {
  readonly cluster: LocalCluster;
  readonly s3: LocalMoto;
  readonly sqs: LocalElasticmq;
}

/** Two of each that may be two: then one takes over from the other. */
const instances = { restrictor: 2, chunker: 2, upserter: 2 };
const manyDeletes = { above: 1_000 };

export async function findFilesServers(): Promise<Finding<FilesServers>> {
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

export async function startFilesParts({ cluster, s3, sqs }: FilesServers): Promise<ChaosParts> {
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
  const queueAway = async (away: () => Promise<void>) => {
    queueGate.shut();
    await away();
    queueGate.open();
  };
  const servers = {
    kafka: killedOrPaused(cluster.kafka),
    qdrant: killedOrPaused(cluster.qdrant),
    // It keeps what it holds: nobody's queue loses it.
    sqs: { away: queueAway, paused: (away: () => Promise<void>) => sqs.whilePaused(away) },
  };
  const all = stack.move();
  return {
    deployment,
    servers,
    victims: allOf({ deployment, servers }),
    world: (own) => new FilesWorld({ ...own, bucket, deployment }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
