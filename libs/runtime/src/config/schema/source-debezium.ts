import { z } from "zod";
import { matching, text } from "../fields.ts";
import { listOf, section } from "../structure.ts";
import { brokersSchema } from "./brokers.ts";
import { kafkaTlsSchema, saslSchema } from "./log.ts";
import { holdSchema, whenLateSchema, windowSchema } from "./pace.ts";
import { columnPermissionsSchema } from "./policy.ts";
import { unprobed } from "./probe.ts";
import { debeziumTablesSchema, hintTablesSchema } from "./tables.ts";

const shape = {
  kind: z.literal("debezium").meta({ description: "Debezium topics" }),
  topics: listOf(
    matching({
      about: "A topic",
      example: "crm.public.note",
      form: "topic",
      pattern: /^[A-Za-z0-9._-]{1,249}$/u,
      why: "letters, digits, dots, _ and -, 249 at most, are expected",
    }),
    "[crm.public.note]",
  ).meta({ description: "Topics with Debezium's envelopes" }),
  brokers: brokersSchema
    .optional()
    .meta({ description: "Those of `log`, with its tls and sasl, unless given" }),
  tls: kafkaTlsSchema.optional(),
  sasl: saslSchema.optional(),
  tables: debeziumTablesSchema,
  hints: hintTablesSchema,
  placeholder: text({
    about: "What the connector sends for a value that was stored apart and did not change",
    example: "__debezium_unavailable_value",
  }).prefault("__debezium_unavailable_value"),
  permissions: columnPermissionsSchema.optional(),
  window: windowSchema.optional(),
  hold: holdSchema.optional(),
  whenRestrictionsLate: whenLateSchema.optional(),
};

export const debeziumSourceSchema = section(
  shape,
  unprobed(
    "its database is Debezium's to reach, and a record put on its topic would prove nothing of it",
  ),
).meta({ description: "Debezium topics on Kafka" });
