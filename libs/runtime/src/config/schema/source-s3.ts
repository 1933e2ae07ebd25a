import { z } from "zod";
import { count, duration, matching, oneOf, text, url } from "../fields.ts";
import { listOf, section } from "../structure.ts";
import { holdSchema, whenLateSchema, windowSchema } from "./pace.ts";
import { tagPermissionsSchema, tagTenantSchema } from "./policy.ts";
import { keyProbeSchema } from "./probe.ts";
import { globsSchema } from "./rules.ts";

const bucketSchema = section({
  name: matching({
    about: "The bucket's name",
    example: "acme-uploads",
    form: "bucket name",
    pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/u,
    why: "3 to 63 small letters, digits, dots and hyphens are expected",
  }),
  prefix: text({
    about: "Keys that begin so, and no others; it stays a part of the document's key",
    example: "kb/",
  }).optional(),
  region: text({ about: "The bucket's region", example: "eu-central-1" }).optional(),
  endpoint: url({ about: "Another S3 server", example: '"http://127.0.0.1:9000"' }).optional(),
}).meta({ description: "The bucket. Credentials come from the AWS chain, never from here" });

const eventsSchema = section({
  sqs: url({
    about: "The queue that the bucket notifies",
    example: '"https://sqs.eu-central-1.amazonaws.com/123456789012/kb-events"',
  }),
  deadLetters: url({
    about: "The queue's own dead-letter queue, where it has one: it is drained too",
    example: '"https://sqs.eu-central-1.amazonaws.com/123456789012/kb-events-dead"',
  }).optional(),
  dialect: oneOf(
    ["aws", "minio", "rustfs", "versitygw", "floci", "moto"],
    "How the server spells keys in events; it is never guessed",
  ).prefault("aws"),
}).meta({ description: "Where events come from; without it the scan alone finds changes" });

export const s3SourceSchema = section({
  kind: z.literal("s3").meta({ description: "Objects of a bucket" }),
  bucket: bucketSchema,
  events: eventsSchema.optional(),
  include: globsSchema('["**/*.pdf"]')
    .prefault(["**"])
    .meta({ description: "Patterns of the keys to take, over the whole key" }),
  exclude: globsSchema('["tmp/**"]')
    .prefault([])
    .meta({ description: "Patterns of the keys to leave" }),
  scan: duration({
    about: "How often the bucket is listed, to find what events missed",
    example: "6h",
    least: 1000,
  }).prefault("6h"),
  requestsPerSecond: count({
    about: "What the listing asks of the bucket a second at most",
    example: "500",
  }).prefault(500),
  tenant: tagTenantSchema.optional(),
  permissions: tagPermissionsSchema.optional(),
  archived: section({
    storageClass: listOf(
      oneOf(["GLACIER", "DEEP_ARCHIVE", "GLACIER_IR"], "A storage class"),
      "[GLACIER, DEEP_ARCHIVE]",
    ).meta({
      description:
        "Objects of these classes are archived; so is one that must be restored before it can be read",
    }),
  })
    .optional()
    .meta({ description: "What is hidden and kept" }),
  window: windowSchema.optional(),
  hold: holdSchema.optional(),
  whenRestrictionsLate: whenLateSchema.optional(),
  probe: keyProbeSchema.optional(),
})
  .transform(({ requestsPerSecond, scan, ...rest }) => ({
    ...rest,
    scanMs: scan,
    requestsPerSecondMax: requestsPerSecond,
  }))
  .meta({ description: "A bucket: events as hints, and a full listing" });
