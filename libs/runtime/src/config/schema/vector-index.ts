import { z } from "zod";
import { count, secret, text, url } from "../fields.ts";
import { section } from "../structure.ts";

const sqliteIndexSchema = section({
  kind: z.literal("sqlite").meta({ description: "In the data directory" }),
}).meta({ description: "The vector index in SQLite, in one process" });

const qdrantIndexSchema = section({
  kind: z.literal("qdrant").meta({ description: "On Qdrant" }),
  url: url({ about: "Qdrant's REST address", example: '"https://qdrant.data:6333"' }),
  apiKey: secret({ about: "Qdrant's key", example: '"${file:/run/secrets/qdrant}"' }).optional(),
  prefix: text({ about: "Before the names of collections", example: "tidemark_" }).prefault(
    "tidemark_",
  ),
  replication: count({ about: "Copies of each collection", example: "2", most: 100 }).prefault(1),
}).meta({ description: "The vector index on Qdrant" });

export const indexSchema = z
  .discriminatedUnion("kind", [sqliteIndexSchema, qdrantIndexSchema])
  .meta({ description: "The vector index, chosen apart from `log`" });

export type IndexConfig = z.output<typeof indexSchema>;
