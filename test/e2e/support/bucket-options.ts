/** A deployment whose sources are buckets of the tests. */
import { testCredentials } from "../../servers/bucket-under-test.ts";
import type { DeploymentOptions } from "./deployment.ts";

export interface BucketServers {
  readonly s3: { readonly url: string };
  readonly sqs: { readonly url: string };
}

/** Where a bucket and its queue are. */
export interface BucketPlace {
  readonly name: string;
  readonly endpoint: string;
  readonly queue: { readonly url: string; readonly deadLettersUrl: string };
}

/** Everything that a process needs to hear of the buckets and to read them, by source. */
export function bucketOptions(
  buckets: Readonly<Record<string, BucketPlace>>,
  others: DeploymentOptions = {},
): DeploymentOptions {
  return {
    ...others,
    sources: { ...others.sources, ...sourcesOf(buckets) },
    environment: {
      AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
      ...others.environment,
    },
  };
}

function sourcesOf(buckets: Readonly<Record<string, BucketPlace>>) {
  return Object.fromEntries(
    Object.entries(buckets).map(([source, { endpoint, name, queue }]) => [
      source,
      {
        kind: "s3",
        bucket: { name, endpoint, region: "us-east-1" },
        events: { sqs: queue.url, deadLetters: queue.deadLettersUrl, dialect: "aws" },
        permissions: { tag: "readers" },
        tenant: "*",
        archived: { storageClass: ["GLACIER"] },
        // Deletes of which no event told are a scan's to find, and nobody is there to confirm them.
        hold: { above: 1_000 },
      },
    ]),
  );
}
