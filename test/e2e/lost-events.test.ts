import { describeWith } from "../servers/available.ts";
import { lostEventScenarios } from "./scenarios/lost-events.ts";
import { findBucketServers } from "./support/bucket-servers.ts";
import { onServices } from "./support/on-services.ts";

const servers = await findBucketServers();

await onServices((name, start) => {
  describeWith("buckets with queues", servers, (found) => lostEventScenarios(name, start, found));
});
