/** User metadata of an object → metadata that searches can filter by. */
import { metadataSchema, type Metadata } from "@tidemark/domain";

/** All values are texts, as the bucket keeps them. What metadata cannot hold goes to `onDropped`. */
export function metadataFrom(
  userMetadata: Readonly<Record<string, string>>,
  onDropped: (field: string) => void,
): Metadata {
  const metadata: Record<string, string> = {};
  for (const [field, value] of Object.entries(userMetadata)) {
    const parsed = metadataSchema.safeParse({ [field]: value });
    if (parsed.success && Object.hasOwn(parsed.data, field)) metadata[field] = value;
    else onDropped(field);
  }
  return metadata;
}
