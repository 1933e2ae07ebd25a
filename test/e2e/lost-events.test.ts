/** Buckets whose queues lose events, of the one process and of services. */
import { describeWith } from "../servers/available.ts";
import { lostEventScenarios } from "./scenarios/lost-events.ts";
import { findBucketServers } from "./support/bucket-servers.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";
import { onServices } from "./support/on-services.ts";

const servers = await findBucketServers();

describeWith("buckets with queues", servers, (found) => {
  lostEventScenarios("one process", (options) => EmbeddedDeployment.start(options), found);
});

await onServices((name, start) => {
  describeWith("buckets with queues", servers, (found) => lostEventScenarios(name, start, found));
});
