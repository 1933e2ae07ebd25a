/** The bytes of a body, as the client streams them. */
import { TransientError } from "@tidemark/pipeline";

export type Body = AsyncIterable<Uint8Array> & { readonly destroy: () => void };

/** As many as are promised. Throws `TransientError` when they do not come, or more do. */
export async function readAll(body: Body, sizeBytes: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  let filled = 0;
  try {
    for await (const block of body) {
      if (filled + block.length > sizeBytes) throw new RangeError("more than it promised");
      bytes.set(block, filled);
      filled += block.length;
    }
    if (filled < sizeBytes) throw new RangeError("less than it promised");
    return bytes;
  } catch (error) {
    throw new TransientError("an object could not be read to its end", { cause: error });
  }
}
