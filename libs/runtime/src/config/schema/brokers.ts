import { matching } from "../fields.ts";
import { listOf } from "../structure.ts";

export const brokersSchema = listOf(
  matching({
    about: "A broker",
    example: "kafka.data:9093",
    form: "broker",
    pattern: /^(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):\d{1,5}$/u,
    why: "a host with its port is expected",
  }),
  "[kafka.data:9093]",
  100,
).meta({ description: "Kafka brokers, each `host:port`" });
