/** From the configuration of a source to the bucket and the queue that it names. */
import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { everyTenant, sourceName } from "@tidemark/domain";
import type { Chance, Clock, PipelineLogger, SourceWatch } from "@tidemark/pipeline";
import type { S3SourceConfig } from "@tidemark/runtime";
import { AwsBucket } from "./aws-bucket.ts";
import { BucketProbe, type BucketProbeOptions } from "./bucket-probe.ts";
import type { ReportListener } from "./report.ts";
import { S3Source } from "./s3-source.ts";
import { SqsHints } from "./sqs-hints.ts";
import { SqsQueue } from "./sqs-queue.ts";
import type { DrainTimes } from "./until-drained.ts";

export interface OpenS3Options {
  readonly config: S3SourceConfig;
  readonly sizeBytesMax: number;
  /** What `rootIdentity` was in an earlier process. */
  readonly rootIdentity: string | null;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: PipelineLogger;
  readonly onReport: ReportListener;
  /** The AWS chain unless given. */
  readonly credentials?: S3ClientConfig["credentials"];
  readonly waitMs?: number;
  readonly hiddenMs?: number;
  readonly times?: Partial<DrainTimes>;
}

export interface OpenedS3 extends AsyncDisposable {
  readonly source: S3Source;
  /** Hears nothing where no queue is named, and then the scan alone finds changes. */
  readonly watch: SourceWatch;
  /** Writes a document of Tidemark's own, which is then read like any other. */
  probe(options: Pick<BucketProbeOptions, "asker" | "key">): BucketProbe;
}

/** Asks nothing yet: a bucket that is not there is waited for, and says so. */
export function openS3Source(options: OpenS3Options): OpenedS3 {
  const { config, credentials } = options;
  const { endpoint = null, name, prefix = "", region = null } = config.bucket;
  const given = credentials === undefined ? {} : { credentials };
  const bucket = AwsBucket.open({ name, prefix, region, endpoint, ...given });
  const policy = {
    tenant: config.tenant ?? ({ kind: "named", tenant: everyTenant } as const),
    permissions: config.permissions,
    archivedClasses: config.archived?.storageClass ?? [],
  };
  const source = new S3Source({
    ...options,
    source: sourceName(config.name),
    bucket,
    prefix,
    include: config.include,
    exclude: config.exclude,
    policy,
    requestsPerSecondMax: config.requestsPerSecondMax,
    identity: `${endpoint ?? "aws"} ${name}`,
  });
  const { deadLetters, dialect, sqs } = config.events ?? {};
  const open = (url: string) => SqsQueue.open({ url, region, ...given });
  const queues = [sqs, deadLetters].map((url) => (url === undefined ? null : open(url)));
  const [queue = null, ownDeadLetters = null] = queues;
  const watch =
    queue && dialect
      ? new SqsHints({
          ...options,
          source,
          bucket: name,
          queue,
          deadLetters: ownDeadLetters,
          dialect,
        })
      : deaf(source);
  return {
    source,
    watch,
    probe: (wanted) => new BucketProbe({ ...wanted, bucket, policy }),
    async [Symbol.asyncDispose]() {
      for (const opened of [...queues, bucket]) await opened?.[Symbol.asyncDispose]();
    },
  };
}

function deaf(source: S3Source): SourceWatch {
  return {
    watch: () => Promise.resolve(),
    async acceptRoot() {
      source.acceptRoot();
    },
  };
}
