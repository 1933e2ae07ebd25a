/** Archives for tests, honest and otherwise. */
import { deflateRawSync } from "node:zlib";

export interface SampleEntry {
  readonly name: string;
  readonly content: Uint8Array | string;
  /** What the archive says it unpacks to, when that is a lie. */
  readonly saysBytes?: number;
}

export function sampleZip(entries: readonly SampleEntry[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, content, saysBytes } of entries) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes, { level: 9 });
    const named = Buffer.from(name);
    const sizes = { packed: packed.length, unpacked: saysBytes ?? bytes.length };
    const local = header(30, 0x04034b50, { sizesAt: 18, nameAt: 26, methodAt: 8 }, sizes, named);
    const entry = header(46, 0x02014b50, { sizesAt: 20, nameAt: 28, methodAt: 10 }, sizes, named);
    entry.writeUInt32LE(at, 42);
    locals.push(local, named, packed);
    directory.push(entry, named);
    at += local.length + named.length + packed.length;
  }
  const directoryBytes = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directoryBytes.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directoryBytes, end]);
}

function header(
  length: number,
  signature: number,
  places: { readonly sizesAt: number; readonly nameAt: number; readonly methodAt: number },
  sizes: { readonly packed: number; readonly unpacked: number },
  name: Buffer,
): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt32LE(signature, 0);
  bytes.writeUInt16LE(8, places.methodAt);
  bytes.writeUInt32LE(sizes.packed, places.sizesAt);
  bytes.writeUInt32LE(sizes.unpacked, places.sizesAt + 4);
  bytes.writeUInt16LE(name.length, places.nameAt);
  return bytes;
}
