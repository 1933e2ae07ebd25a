/** What embedding has cost, and what it has not. */
import { savedReasons } from "@tidemark/pipeline";
import { z } from "zod";

export const costsSchema = z.object({
  since: z.iso.datetime(),
  lines: z.array(
    z.object({
      source: z.string().meta({
        description: "A source, or what is done for none: (searches), (sentinels), (others)",
      }),
      generation: z.string().nullable(),
      tokens: z.number(),
      cost: z.number(),
      unconfirmed: z.number().meta({
        description: "Of the cost: requests whose answer never came, counted as if billed",
      }),
      currency: z.string().nullable(),
      saved: z.array(
        z.object({
          reason: z.enum(savedReasons),
          tokens: z.number().meta({ description: "By an estimate: what is saved is not counted" }),
          cost: z.number().meta({ description: "At today's price" }),
        }),
      ),
    }),
  ),
  budgets: z.array(
    z.object({
      embedder: z.string(),
      currency: z.string(),
      perDay: z.number(),
      spentToday: z.number(),
      ratio: z.number().meta({ description: "At 1 embedding waits for the next day, by UTC" }),
    }),
  ),
});
export type CostsWire = z.infer<typeof costsSchema>;
