/**
 * Bucket, queue, dead-letter queue and the notification that joins them, as the config names them.
 * On AWS itself an operator makes these with tools that also write the queue's policy.
 */
import { CreateBucketCommand, PutBucketNotificationConfigurationCommand } from "@aws-sdk/client-s3";
import { S3Client, type Event } from "@aws-sdk/client-s3";
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { S3SourceConfig } from "@tidemark/runtime";

const receivesMax = 5;
const visibilitySeconds = 60;
/** The longest that SQS keeps a message. */
const retentionSeconds = 14 * 86_400;

export async function prepareBucket({ bucket, events }: S3SourceConfig): Promise<void> {
  const region = bucket.region ?? "us-east-1";
  const endpoint = bucket.endpoint?.toString();
  const s3 = new S3Client({ region, forcePathStyle: true, ...(endpoint && { endpoint }) });
  try {
    await createBucket(s3, bucket.name, region);
    if (events === undefined) return;
    const queueArn = await createQueues(new URL(events.sqs), region);
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: bucket.name,
        NotificationConfiguration: {
          QueueConfigurations: [{ QueueArn: queueArn, Events: eventsOf(events.dialect) }],
        },
      }),
    );
  } finally {
    s3.destroy();
  }
}

async function createBucket(s3: S3Client, name: string, region: string): Promise<void> {
  // The one region that must not be named.
  const place =
    region === "us-east-1"
      ? {}
      : { CreateBucketConfiguration: { LocationConstraint: region as "eu-central-1" } };
  try {
    await s3.send(new CreateBucketCommand({ Bucket: name, ...place }));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "BucketAlreadyOwnedByYou") throw error;
  }
}

/** The queue's ARN; what it could not be read from five times is set aside beside it. */
async function createQueues(url: URL, region: string): Promise<string> {
  const name = url.pathname.split("/").at(-1) ?? "";
  const sqs = new SQSClient({ region, endpoint: url.origin });
  const create = async (queue: string, attributes: Readonly<Record<string, string>>) => {
    const { QueueUrl: made = "" } = await sqs.send(
      new CreateQueueCommand({
        QueueName: queue,
        Attributes: { MessageRetentionPeriod: String(retentionSeconds), ...attributes },
      }),
    );
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: made, AttributeNames: ["QueueArn"] }),
    );
    return { path: new URL(made).pathname, arn: Attributes?.["QueueArn"] ?? "" };
  };
  try {
    const dead = await create(`${name}-dead`, {});
    const queue = await create(name, {
      VisibilityTimeout: String(visibilitySeconds),
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: dead.arn,
        maxReceiveCount: receivesMax,
      }),
    });
    if (queue.path !== url.pathname) {
      throw new RangeError(`the queue is at ${queue.path}, and events.sqs says ${url.pathname}`);
    }
    return queue.arn;
  } finally {
    sqs.destroy();
  }
}

/** moto tells of tags at every put, whether they changed or not. */
function eventsOf(dialect: string): Event[] {
  const always: Event[] = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"];
  return dialect === "moto" ? always : [...always, "s3:ObjectTagging:*"];
}
