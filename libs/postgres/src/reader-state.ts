/** What the reader of a database has to know when it goes on: kept in the catalogue. */
import { z } from "zod";

const stateSchema = z.object({
  v: z.literal(1),
  /** Names this beginning of the order: the slot, where it began, and when. */
  incarnation: z.string(),
  /** No more than this was ever confirmed to the slot: written down before it is confirmed. */
  confirmedLsn: z.int().nonnegative(),
  /** The last of our own messages that was read: what was confirmed ends with it. */
  watermark: z
    .object({ id: z.string(), lsn: z.int().nonnegative(), endLsn: z.int().nonnegative() })
    .nullable(),
  /** Documents below a position that are to be deleted, since nothing has stated them since. */
  closes: z.array(z.object({ prefix: z.string(), position: z.int().nonnegative() })),
  /** Why the slot must not be read on; null while it may. */
  abandoned: z.string().nullable(),
});

export type ReaderState = z.infer<typeof stateSchema>;
export type PendingClose = ReaderState["closes"][number];

/** Null for none, and for what another version wrote: then everything is read anew. */
export function decodeState(text: string | undefined): ReaderState | null {
  if (text === undefined) return null;
  try {
    return stateSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

export function freshState(incarnation: string, confirmedLsn: number): ReaderState {
  return { v: 1, incarnation, confirmedLsn, watermark: null, closes: [], abandoned: null };
}
