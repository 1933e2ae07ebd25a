/** What a generation is, written down in its own collection: a catalogue that is lost is not. */
import type { Generation, GenerationId } from "@tidemark/domain";
import type { Collection } from "./collection.ts";
import { generationRecordId } from "./record-id.ts";

export function noteGeneration(collection: Collection, generation: Generation): Promise<void> {
  const record = {
    id: generationRecordId(generation.id),
    vector: {},
    payload: {
      kind: "generation",
      generation: generation.id,
      record: JSON.stringify(generation),
    },
  };
  return collection.upsert([record], { mode: "upsert" });
}

/** Null where none is noted: the collection is another's, or is being made. */
export async function notedGeneration(
  collection: Collection,
  id: GenerationId,
): Promise<Generation | null> {
  const read = { payload: ["record"], consistency: "majority" } as const;
  const [record] = await collection.get([generationRecordId(id)], read);
  const text = record?.payload?.["record"];
  return typeof text === "string" ? (JSON.parse(text) as Generation) : null;
}
