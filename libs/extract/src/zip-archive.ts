/**
 * Reads single files out of an archive within bounds. What an archive says of its sizes is checked
 * before anything is unpacked, and again while unpacking, because it may lie.
 */
import { inflateRawSync } from "node:zlib";
import { PoisonError } from "@tidemark/pipeline";
import { errorCode } from "./error-code.ts";
import { limitError } from "./limit-error.ts";

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const COMMENT_BYTES_MAX = 65_535;
const STORED = 0;
const DEFLATED = 8;

export const archiveEntriesMax = 10_000;
/** Text packs to about a tenth; what packs to less than a hundredth was made to. */
export const archiveRatioMax = 100;
/** Little archives may repeat themselves: the ratio counts above this. */
const RATIO_FROM_BYTES = 8 * 1024 * 1024;

export interface ArchiveEntry {
  readonly method: number;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  readonly localAt: number;
}

export class ZipArchive {
  readonly #bytes: Buffer;
  readonly #entries: ReadonlyMap<string, ArchiveEntry>;

  private constructor(bytes: Buffer, entries: ReadonlyMap<string, ArchiveEntry>) {
    this.#bytes = bytes;
    this.#entries = entries;
  }

  /**
   * Throws `PoisonError("size-limit")` when the entries that will be read would unpack to more than
   * `unpackedBytesMax`, when all of them grow far more than documents do, or are too many;
   * `PoisonError("extraction-failed")` when it is no archive.
   */
  static open(
    content: Uint8Array,
    {
      unpackedBytesMax,
      reads,
    }: { readonly unpackedBytesMax: number; readonly reads: (name: string) => boolean },
  ): ZipArchive {
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    const entries = entriesOf(bytes);
    let unpackedBytes = 0;
    let readBytes = 0;
    for (const [name, entry] of entries) {
      unpackedBytes += entry.unpackedBytes;
      if (reads(name)) readBytes += entry.unpackedBytes;
    }
    if (readBytes > unpackedBytesMax) {
      throw limitError("size-limit", {
        what: "bytes that the archive unpacks to",
        value: readBytes,
        setting: "unpackedBytesMax",
        max: unpackedBytesMax,
      });
    }
    const ratio = Math.round(unpackedBytes / Math.max(bytes.length, 1));
    if (unpackedBytes > RATIO_FROM_BYTES && ratio > archiveRatioMax) {
      throw limitError("size-limit", {
        what: "times that the archive grows when unpacked",
        value: ratio,
        setting: "archiveRatioMax",
        max: archiveRatioMax,
      });
    }
    return new ZipArchive(bytes, entries);
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** Throws `PoisonError`; a name must be one that it `has`. */
  read(name: string): Uint8Array {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw broken(`there is no ${name} in it`);
    const { localAt, packedBytes, unpackedBytes, method } = entry;
    if (localAt + LOCAL_BYTES > this.#bytes.length) throw broken("it is cut short");
    if (this.#bytes.readUInt32LE(localAt) !== LOCAL_SIGNATURE) throw broken("an entry is missing");
    const nameBytes = this.#bytes.readUInt16LE(localAt + 26);
    const extraBytes = this.#bytes.readUInt16LE(localAt + 28);
    const start = localAt + LOCAL_BYTES + nameBytes + extraBytes;
    const packed = this.#bytes.subarray(start, start + packedBytes);
    if (packed.length < packedBytes) throw broken("it is cut short");
    if (method === STORED) return packed;
    if (method !== DEFLATED) throw broken(`compression method ${method} is not read`);
    return inflate(packed, unpackedBytes);
  }
}

function inflate(packed: Buffer, unpackedBytes: number): Uint8Array {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(unpackedBytes, 1) });
  } catch (error) {
    if (errorCode(error) === "ERR_BUFFER_TOO_LARGE") {
      throw limitError("size-limit", {
        what: "bytes that an entry of the archive unpacks to",
        value: null,
        setting: "what it says",
        max: unpackedBytes,
      });
    }
    throw broken("an entry cannot be unpacked", error);
  }
}

function entriesOf(bytes: Buffer): ReadonlyMap<string, ArchiveEntry> {
  const end = endOfDirectory(bytes);
  const count = bytes.readUInt16LE(end + 10);
  if (count > archiveEntriesMax) {
    throw limitError("size-limit", {
      what: "entries of the archive",
      value: count,
      setting: "archiveEntriesMax",
      max: archiveEntriesMax,
    });
  }
  const entries = new Map<string, ArchiveEntry>();
  let at = bytes.readUInt32LE(end + 16);
  for (let index = 0; index < count; index += 1) {
    if (at + ENTRY_BYTES > bytes.length || bytes.readUInt32LE(at) !== ENTRY_SIGNATURE) {
      throw broken("its directory is damaged");
    }
    const nameBytes = bytes.readUInt16LE(at + 28);
    const name = bytes.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes).toString("utf8");
    // The first of a name: who checks the archive and who reads it must see the same.
    if (entries.has(name)) throw broken(`${JSON.stringify(name)} is in it twice`);
    if ((bytes.readUInt16LE(at + 8) & 1) === 1) throw broken("it is encrypted");
    entries.set(name, {
      method: bytes.readUInt16LE(at + 10),
      packedBytes: bytes.readUInt32LE(at + 20),
      unpackedBytes: bytes.readUInt32LE(at + 24),
      localAt: bytes.readUInt32LE(at + 42),
    });
    at += ENTRY_BYTES + nameBytes + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return entries;
}

function endOfDirectory(bytes: Buffer): number {
  const least = Math.max(0, bytes.length - END_BYTES - COMMENT_BYTES_MAX);
  for (let at = bytes.length - END_BYTES; at >= least; at -= 1) {
    if (bytes.readUInt32LE(at) === END_SIGNATURE) return at;
  }
  throw broken("it has no directory");
}

function broken(reason: string, cause?: unknown): PoisonError {
  return new PoisonError("extraction-failed", `the archive is unreadable: ${reason}`, { cause });
}
