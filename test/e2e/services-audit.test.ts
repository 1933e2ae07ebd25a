/** Every service a process of its own: the gateway is asked, the freshness service audits. */
import { describeWith } from "../servers/available.ts";
import { findCluster, indexOfTests } from "../servers/cluster.ts";
import { auditScenarios } from "./scenarios/audit.ts";
import { corruptQdrant } from "./support/corrupted-index.ts";
import { DistributedDeployment } from "./support/distributed-deployment.ts";

const config = { audit: { repairsPerSecond: 100 } };

describeWith(`on Kafka and ${await indexOfTests()}`, await findCluster(), (cluster) => {
  auditScenarios("as services", async () => {
    const { address } = cluster();
    const deployment = await DistributedDeployment.start(address, { config });
    return { deployment, corrupt: corruptQdrant(address.qdrantUrl, deployment.prefix) };
  });
});
