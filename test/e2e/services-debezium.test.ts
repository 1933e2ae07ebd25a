/** The same as services, whose connector reads the topics, which are on the Kafka of their log. */
import { describeWith } from "../servers/available.ts";
import { findCluster, indexOfTests } from "../servers/cluster.ts";
import { topicScenarios } from "./scenarios/topics.ts";
import { DistributedDeployment } from "./support/distributed-deployment.ts";

describeWith(`on Kafka and ${await indexOfTests()}`, await findCluster(), (cluster) => {
  topicScenarios(
    "as services",
    (options) => DistributedDeployment.start(cluster().address, options),
    {
      kafka: () => cluster().address,
      isOwnKafka: false,
      shapes: ["plain"],
    },
  );
});
