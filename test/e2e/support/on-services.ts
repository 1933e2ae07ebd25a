/** Scenarios on services, on servers that are started for them and stopped after. */
import { describeWith } from "../../servers/available.ts";
import { findCluster, indexOfTests } from "../../servers/cluster.ts";
import type { StartDeployment } from "./deployment.ts";
import { DistributedDeployment } from "./distributed-deployment.ts";

export async function onServices(
  scenarios: (name: string, start: StartDeployment) => void,
): Promise<void> {
  describeWith(`on Kafka and ${await indexOfTests()}`, await findCluster(), (cluster) => {
    scenarios("as services", (options) => DistributedDeployment.start(cluster().address, options));
  });
}
