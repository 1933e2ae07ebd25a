import type { DocumentSource } from "../ports/document-source.ts";

/** Whether a document is in its source now; unknown where the source cannot be asked here. */
export async function stateIn(
  from: DocumentSource | null,
  key: string,
): Promise<"present" | "filtered" | "gone" | "blocked" | "unknown"> {
  if (!from) return "unknown";
  try {
    const state = await from.read(key);
    return state.kind === "found" ? "present" : state.kind;
  } catch {
    // Whatever is wrong with it, it is there: its dead letter says what.
    return "present";
  }
}
