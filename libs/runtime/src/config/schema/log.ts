import { z } from "zod";
import { count, oneOf, path, secret, text } from "../fields.ts";
import { section } from "../structure.ts";
import { brokersSchema } from "./brokers.ts";

const sqliteLogSchema = section({
  kind: z.literal("sqlite").meta({ description: "In the data directory" }),
}).meta({ description: "The event log in SQLite, in one process" });

export const kafkaTlsSchema = section({
  ca: path({ about: "Certificates that are trusted", example: "/etc/kafka/ca.pem" }).optional(),
  cert: path({ about: "This side's certificate", example: "/etc/kafka/cert.pem" }).optional(),
  key: path({ about: "Its key", example: "/etc/kafka/key.pem" }).optional(),
}).meta({ description: "TLS; `{}` trusts the system's certificates" });

export const saslSchema = section({
  mechanism: oneOf(["scram-sha-512", "scram-sha-256", "plain"], "How to sign in"),
  username: text({ about: "User name", example: "tidemark" }),
  password: secret({ about: "Password", example: '"${file:/run/secrets/kafka}"' }),
}).meta({ description: "Signing in" });

const kafkaLogSchema = section({
  kind: z.literal("kafka").meta({ description: "On Kafka" }),
  brokers: brokersSchema,
  tls: kafkaTlsSchema.optional(),
  sasl: saslSchema.optional(),
  prefix: text({ about: "Before the names of topics and groups", example: "tidemark." }).prefault(
    "tidemark.",
  ),
  topics: section({
    partitions: count({
      about: "Partitions are part of the log's identity: a change raises epochs",
      example: "12",
      most: 10_000,
    }).prefault(12),
    replication: count({ about: "Copies of each partition", example: "3", most: 100 }).prefault(3),
  })
    .prefault({})
    .meta({ description: "How topics are created" }),
}).meta({ description: "The event log on Kafka" });

export const logSchema = z
  .discriminatedUnion("kind", [sqliteLogSchema, kafkaLogSchema])
  .meta({ description: "The event log, chosen apart from `index`" });

export type LogConfig = z.output<typeof logSchema>;
