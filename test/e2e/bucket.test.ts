/** A bucket as a source, of the one process and of services. */
import { describeWith } from "../servers/available.ts";
import { findBucketServers } from "./support/bucket-servers.ts";
import { bucketScenarios } from "./scenarios/bucket.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";
import { onServices } from "./support/on-services.ts";

const servers = await findBucketServers();

describeWith("a bucket with a queue", servers, (found) => {
  bucketScenarios("one process", (options) => EmbeddedDeployment.start(options), found);
});

await onServices((name, start) => {
  describeWith("a bucket with a queue", servers, (found) => bucketScenarios(name, start, found));
});
