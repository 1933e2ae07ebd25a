/** A replay that several chunkers share. */
import { describeWith } from "../servers/available.ts";
import { findCluster, indexOfTests } from "../servers/cluster.ts";
import { replayScenarios } from "./scenarios/replay.ts";
import { DistributedDeployment } from "./support/distributed-deployment.ts";

describeWith(`on Kafka and ${await indexOfTests()}`, await findCluster(), (cluster) => {
  replayScenarios("as services, with two chunkers", (options) =>
    DistributedDeployment.start(cluster().address, { ...options, instances: { chunker: 2 } }),
  );
});
