/** Debezium's topics as documents, of the one process: its log is SQLite, they are on Kafka. */
import { describeWith } from "../servers/available.ts";
import { findKafka } from "../servers/kafka.ts";
import { topicScenarios } from "./scenarios/topics.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";

describeWith("Debezium's topics", await findKafka(), (kafka) => {
  topicScenarios("one process", (options) => EmbeddedDeployment.start(options), {
    kafka,
    isOwnKafka: true,
    shapes: ["plain", "schemas"],
  });
});
