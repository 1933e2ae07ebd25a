import { z } from "zod";
import { matching } from "../fields.ts";
import { listOf, section } from "../structure.ts";
import { brokersSchema } from "./brokers.ts";
import { holdSchema, windowSchema } from "./pace.ts";
import { columnPermissionsSchema } from "./policy.ts";
import { tablesSchema } from "./tables.ts";

export const debeziumSourceSchema = section({
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
  brokers: brokersSchema.optional().meta({ description: "Those of `log` unless given" }),
  tables: tablesSchema,
  permissions: columnPermissionsSchema.optional(),
  window: windowSchema.optional(),
  hold: holdSchema.optional(),
}).meta({ description: "Debezium topics on Kafka" });
