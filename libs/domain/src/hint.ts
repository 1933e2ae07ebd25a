/** A hint says that a key may have changed. Its state is read after; its offset is the position. */
import { z } from "zod";
import type { DocumentId, SourceName } from "./ids.ts";
import { mutationReasons } from "./mutation.ts";

const hintSchema = z.object({
  v: z.literal(1),
  source: z.string(),
  documentId: z.string(),
  epoch: z.int().nonnegative(),
  /**
   * What the notifier believes; the resolver reads the truth. Removals are read first, and what may
   * be readable by others now than before: `policy`.
   */
  expects: z.enum(["present", "absent", "policy", "unknown"]),
  reason: z.enum(mutationReasons),
  sourceTimeMs: z.number().nullable(),
  observedAtMs: z.number(),
  trace: z.string().nullable(),
});

export type Hint = Omit<z.infer<typeof hintSchema>, "v" | "source" | "documentId"> & {
  readonly source: SourceName;
  readonly documentId: DocumentId;
};

export function encodeHint(hint: Hint): string {
  return JSON.stringify({ v: 1, ...hint });
}

export function decodeHint(value: string): Hint | { problem: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return { problem: "not JSON" };
  }
  const hint = hintSchema.safeParse(parsed);
  if (!hint.success) return { problem: hint.error.issues[0]?.message ?? "unreadable" };
  const { v: _v, ...fields } = hint.data;
  return fields as Hint;
}
