/** How content that stays in the bucket is named in the log: where it is, and which body. */
import type { ObjectPin } from "./bucket.ts";

/** A bucket's name has no slash. */
export function locationOf(bucket: string, key: string): string {
  return `${bucket}/${key}`;
}

/** Null for a location in another bucket: the configuration named that one when it was pinned. */
export function keyIn(bucket: string, location: string): string | null {
  const slash = location.indexOf("/");
  return location.slice(0, slash) === bucket ? location.slice(slash + 1) : null;
}

export function encodePin({ etag, sizeBytes, versionId }: ObjectPin): string {
  return JSON.stringify([etag, sizeBytes, versionId]);
}

export function decodePin(pin: string): ObjectPin {
  const [etag, sizeBytes, versionId] = JSON.parse(pin) as [string, number, string | null];
  return { etag, sizeBytes, versionId };
}
