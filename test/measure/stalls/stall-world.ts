/** All services, over servers of their own that can be made to stand still or to refuse. */
import { readFileSync } from "node:fs";
import { BucketUnderTest, testCredentials } from "../../servers/bucket-under-test.ts";
import { findLocalCluster, type LocalCluster } from "../../servers/cluster.ts";
import { DatabaseUnderTest } from "../../servers/database-under-test.ts";
import { findLocalElasticmq, type LocalElasticmq } from "../../servers/elasticmq.ts";
import { findLocalMoto, type LocalMoto } from "../../servers/moto.ts";
import { findLocalPostgres, type LocalPostgres } from "../../servers/postgres.ts";
import type { Finding } from "../../servers/available.ts";
import { DistributedDeployment } from "../../e2e/support/distributed-deployment.ts";
import { FaultyProxy, type Asked } from "../../e2e/support/faulty-proxy.ts";
import { objectiveText } from "./seeded-history.ts";

const rowsSql = `create table notes (id bigint primary key, body text);
insert into notes values (1, 'The first note.');`;

const pace = { every: "5s", within: "5s" };

export const bucketSources = ["silent", "busy"] as const;
export type BucketSource = (typeof bucketSources)[number];

/** What is pushed has no place that a probe could write to. */
export const isProbed = (source: string) => ["files", "rows", ...bucketSources].includes(source);

export interface StallWorld extends AsyncDisposable {
  readonly cluster: LocalCluster;
  readonly deployment: DistributedDeployment;
  readonly buckets: Readonly<Record<BucketSource, BucketUnderTest>>;
  readonly database: DatabaseUnderTest;
  readonly s3: LocalMoto;
  readonly sqs: LocalElasticmq;
  readonly postgres: LocalPostgres;
  /** Between everybody, or one service, and a server. */
  readonly between: {
    readonly index: FaultyProxy;
    readonly chunkerAndIndex: FaultyProxy;
    readonly restrictorAndIndex: FaultyProxy;
    readonly upserterAndIndex: FaultyProxy;
    readonly s3: FaultyProxy;
    readonly sqs: FaultyProxy;
  };
  /** Where the embedder listens. */
  readonly embedderAddress: string;
}

/** @param pushed names of pushed sources, beside a folder, a bucket and a database */
export async function openStallWorld(pushed: readonly string[]): Promise<StallWorld> {
  await using stack = new AsyncDisposableStack();
  const cluster = stack.use(await started(await findLocalCluster()));
  const s3 = stack.use(await started(await findLocalMoto()));
  const sqs = stack.use(await started(await findLocalElasticmq()));
  const postgres = stack.use(await started(await findLocalPostgres()));
  const database = stack.use(await DatabaseUnderTest.create(postgres, rowsSql));
  const made = async () => stack.use(await BucketUnderTest.create({ s3, sqs }));
  const buckets = { silent: await made(), busy: await made() };
  const proxy = async (to: string) => stack.use(await FaultyProxy.start(to));
  const index = await proxy(cluster.qdrant.url);
  const between = {
    index,
    // What befalls everybody befalls these as well.
    chunkerAndIndex: await proxy(index.url),
    restrictorAndIndex: await proxy(index.url),
    upserterAndIndex: await proxy(index.url),
    s3: await proxy(s3.url),
    sqs: await proxy(sqs.url),
  };
  between.s3.done = (asked) => tellOfObject(Object.values(buckets), asked);
  const throughSqs = (url: string) => between.sqs.url + new URL(url).pathname;
  const sourceOf = ({ name, queue }: BucketUnderTest) => ({
    kind: "s3",
    bucket: { name, endpoint: between.s3.url, region: "us-east-1" },
    events: {
      sqs: throughSqs(queue.url),
      deadLetters: throughSqs(queue.deadLettersUrl),
      dialect: "aws",
    },
    permissions: "public",
    tenant: "*",
    probe: pace,
  });
  const push = { kind: "push", permissions: "public", tenant: "*" };
  const deployment = stack.use(
    await DistributedDeployment.start(
      { ...cluster.address, qdrantUrl: index.url },
      {
        documents: { "page.md": "The page is awake." },
        files: { probe: pace },
        sources: {
          ...Object.fromEntries(pushed.map((name) => [name, push])),
          ...Object.fromEntries(
            bucketSources.map((name) => [name, sourceOf(buckets[name])] as const),
          ),
          rows: {
            kind: "postgres",
            url: database.url,
            replication: { slot: database.slot },
            tables: { "public.notes": { key: "id", text: "{{body}}", permissions: "public" } },
            probe: { ...pace, table: "public.notes", row: { id: 0 }, column: "body" },
          },
        },
        config: { objectives: [{ ...objectiveText, over: "30d" }] },
        environment: {
          AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
        },
        own: {
          chunker: { index: { kind: "qdrant", url: between.chunkerAndIndex.url } },
          restrictor: { index: { kind: "qdrant", url: between.restrictorAndIndex.url } },
          upserter: { index: { kind: "qdrant", url: between.upserterAndIndex.url } },
        },
      },
    ),
  );
  const embedderAddress = embedderIn(deployment.configFiles);
  const all = stack.move();
  return {
    cluster,
    deployment,
    buckets,
    database,
    s3,
    sqs,
    postgres,
    between,
    embedderAddress,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** A bucket tells of every object that is put or deleted, whoever does so. */
function tellOfObject(buckets: readonly BucketUnderTest[], { method, path }: Asked): void {
  const [, bucketName, ...key] = new URL(path, "http://s3").pathname.split("/");
  const bucket = buckets.find((each) => each.name === bucketName);
  const name = { PUT: "ObjectCreated:Put", DELETE: "ObjectRemoved:Delete" }[method];
  if (!bucket || name === undefined || key.length === 0) return;
  // What the queue does not take is lost, as an event may be.
  bucket.events.tell({ key: key.join("/"), name }).catch(() => {});
}

function started<S extends AsyncDisposable>(finding: Finding<S>): Promise<S> {
  if (finding.kind === "absent") throw new Error(`${finding.name}: ${finding.reason}`);
  return finding.start();
}

function embedderIn(configFiles: readonly string[]): string {
  const config = JSON.parse(readFileSync(configFiles.at(-1) ?? "", "utf8")) as {
    readonly embedders: { readonly minilm: { readonly endpoint: string } };
  };
  return config.embedders.minilm.endpoint;
}
