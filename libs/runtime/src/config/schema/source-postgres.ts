import { z } from "zod";
import { matching, secret, size } from "../fields.ts";
import { section } from "../structure.ts";
import { holdSchema, whenLateSchema, windowSchema } from "./pace.ts";
import { columnPermissionsSchema } from "./policy.ts";
import { rowProbeSchema } from "./probe.ts";
import { tablesSchema } from "./tables.ts";

const replicationName = (about: string) =>
  matching({
    about,
    example: "tidemark_shop",
    form: "replication name",
    pattern: /^[a-z0-9_]{1,63}$/u,
    why: "small letters, digits and _, 63 at most, are expected",
  });

export const postgresSourceSchema = section({
  kind: z.literal("postgres").meta({ description: "Rows of a database" }),
  url: secret({
    about: "`postgres://…`; off loopback with `sslmode=verify-full`",
    example: '"${env:SHOP_DATABASE_URL}"',
  }),
  replication: section({
    slot: replicationName(
      "The replication slot; `tidemark_` and the source's name unless given",
    ).optional(),
    publication: replicationName("The publication; named like the slot unless given").optional(),
  })
    .prefault({})
    .meta({
      description: "Both are made where that is permitted; `tidemark doctor` prints the SQL",
    }),
  slotMax: size({
    about:
      "WAL kept for the slot at most; past it the slot is dropped and the tables are read again",
    example: "8GiB",
    least: 1024 ** 2,
  }).prefault("8GiB"),
  tables: tablesSchema,
  permissions: columnPermissionsSchema.optional(),
  window: windowSchema.optional(),
  hold: holdSchema.optional(),
  whenRestrictionsLate: whenLateSchema.optional(),
  probe: rowProbeSchema.optional(),
})
  .transform(({ slotMax, ...rest }) => ({ ...rest, slotBytesMax: slotMax }))
  .meta({ description: "Postgres through logical replication" });
