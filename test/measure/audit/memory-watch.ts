/** What a process takes, looked at from outside: it may be too busy to tell. Linux alone has `/proc`. */
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

const lookEveryMs = 50;
const kib = 1_024;

export interface MemoryPeaks {
  /** All that was resident at once, by the system's own mark. */
  residentBytes: number;
  /** Of that what is the process's own: no pages of files. */
  anonymousBytes: number;
  /** Of temporary files of SQLite's, which have no name any more. */
  spoolBytes: number;
}

export async function watchMemory(pid: number, ended: Promise<unknown>): Promise<MemoryPeaks> {
  const peaks: MemoryPeaks = { residentBytes: 0, anonymousBytes: 0, spoolBytes: 0 };
  const over = new AbortController();
  void ended.finally(() => over.abort());
  while (!over.signal.aborted) {
    look(pid, peaks);
    await setTimeout(lookEveryMs);
  }
  return peaks;
}

function look(pid: number, peaks: MemoryPeaks): void {
  let status = "";
  let files: readonly string[] = [];
  try {
    status = readFileSync(`/proc/${pid}/status`, "utf8");
    files = readdirSync(`/proc/${pid}/fd`);
  } catch {
    // It has just ended.
    return;
  }
  peaks.residentBytes = Math.max(peaks.residentBytes, bytesOf(status, "VmHWM"));
  peaks.anonymousBytes = Math.max(peaks.anonymousBytes, bytesOf(status, "RssAnon"));
  const spools = files.map((file) => spoolBytes(`/proc/${pid}/fd/${file}`));
  peaks.spoolBytes = Math.max(peaks.spoolBytes, ...spools);
}

function bytesOf(status: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, "mu").exec(status);
  return Number(found?.[1] ?? 0) * kib;
}

function spoolBytes(path: string): number {
  try {
    return readlinkSync(path).includes("/etilqs_") ? statSync(path).size : 0;
  } catch {
    return 0;
  }
}
