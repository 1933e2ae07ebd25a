/** One consistent reading of a file: what was hashed is what the stat calls around it describe. */
import { createHash } from "node:crypto";
import { constants, type BigIntStats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { TransientError } from "@tidemark/pipeline";
import { headBytesMax, type FrontMatter } from "./front-matter.ts";
import { pinOf } from "./stat-digest.ts";

export const readAttemptsMax = 4;
const readAgainAfterMs = 250;
const blockBytes = 1024 * 1024;

export interface FileReading {
  readonly stats: BigIntStats;
  readonly frontMatter: FrontMatter | null;
  /** Hex sha256 of the content type, the title and the bytes that follow the front matter. */
  readonly contentHash: string;
  /** All bytes, when they are few enough; else null, and they were never in memory together. */
  readonly bytes: Uint8Array | null;
}

export interface FileRequest {
  readonly path: string;
  readonly contentType: string | null;
  readonly inlineBytesMax: number;
  readonly readFrontMatter: (head: Uint8Array) => FrontMatter | null;
  /** Called with the state before any byte is read; may throw. */
  readonly admit: (stats: BigIntStats) => void;
}

/**
 * Reads again when the file changed meanwhile; throws `TransientError` when it never holds still,
 * and the operating system's errors.
 */
export async function readFileWhole(request: FileRequest): Promise<FileReading> {
  for (let attempt = 0; attempt < readAttemptsMax; attempt += 1) {
    await using file = await openFile(request.path);
    const reading = await readOnce(request, file);
    if (reading !== null) return reading;
  }
  throw new TransientError("a file changed every time it was read", {
    retryAfterMs: readAgainAfterMs,
  });
}

/** The bytes of a file that is still what the pin says, before and after; else null. */
export async function readPinned(path: string, pin: string): Promise<Uint8Array | null> {
  await using file = await openFile(path);
  const before = await file.stat({ bigint: true });
  if (pinOf(before) !== pin) return null;
  const bytes = Buffer.allocUnsafe(Number(before.size));
  const filled = await fill(file, bytes);
  const after = await file.stat({ bigint: true });
  return filled === bytes.length && pinOf(after) === pin ? bytes : null;
}

/** A pipe put in the file's place would block an open that waits. */
function openFile(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0));
}

/** Null when the file changed meanwhile. */
async function readOnce(request: FileRequest, file: FileHandle): Promise<FileReading | null> {
  const stats = await file.stat({ bigint: true });
  if (!stats.isFile()) return null;
  request.admit(stats);
  const sizeBytes = Number(stats.size);
  const inline = sizeBytes <= request.inlineBytesMax;
  const head = Buffer.allocUnsafe(inline ? sizeBytes : Math.min(sizeBytes, headBytesMax));
  const filled = await fill(file, head);
  if (filled < head.length) return null;

  const hash = createHash("sha256").update(`${request.contentType ?? ""}\n`);
  // Malformed front matter counts only when the file held still.
  const front = attempt(() => request.readFrontMatter(head));
  // A title is embedded with the text; all else in front matter is not content.
  const title = front.ok ? front.value?.frontMatter["title"] : undefined;
  if (title !== undefined) hash.update(`${JSON.stringify(title)}\n`);
  hash.update(head.subarray(front.ok ? (front.value?.bodyOffset ?? 0) : 0));
  const whole = await hashRange(file, hash, { from: head.length, to: sizeBytes });
  const after = await file.stat({ bigint: true });
  if (!whole || pinOf(after) !== pinOf(stats)) return null;
  if (!front.ok) throw front.error;
  return {
    stats,
    frontMatter: front.value,
    contentHash: hash.digest("hex"),
    bytes: inline ? head : null,
  };
}

function attempt<T>(act: () => T): { ok: true; value: T } | { ok: false; error: unknown } {
  try {
    return { ok: true, value: act() };
  } catch (error) {
    return { ok: false, error };
  }
}

/** Hashes from one place to another; whether the file reached that far. */
async function hashRange(
  file: FileHandle,
  hash: ReturnType<typeof createHash>,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<boolean> {
  if (from === to) return true;
  const block = Buffer.allocUnsafe(Math.min(blockBytes, to - from));
  for (let position = from; position < to;) {
    const length = Math.min(block.length, to - position);
    const { bytesRead } = await file.read(block, 0, length, position);
    if (bytesRead === 0) return false;
    hash.update(block.subarray(0, bytesRead));
    position += bytesRead;
  }
  return true;
}

/** Reads until the buffer is full or the file ends; returns how many bytes there were. */
async function fill(file: FileHandle, buffer: Uint8Array): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
