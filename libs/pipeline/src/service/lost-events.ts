/**
 * Which changes a scan had to find because no event told of them. An event that was lost is told
 * from one that is only late: what was found is judged when the watch has been heard up to the end
 * of the scan.
 *
 *   the newest hint that an event caused   the index had seen      outcome
 *   since the scan began                   any revision            overtaken: it reads what was found
 *   before                                 an older revision       under way: it was not applied yet
 *   before                                 its or a newer one      lost: what came after was not told
 *   none                                   any revision            lost
 */
import { compareKeys, compareRevisions, type Revision } from "@tidemark/domain";
import type { Finding, SourceWatch } from "../ports/source-watch.ts";
import { Wakeup } from "../run-stage/wakeup.ts";

export interface LostReport {
  /** When the scan began. */
  readonly scannedAtMs: number;
  readonly count: number;
  /** In key order, so many at most. */
  readonly keys: readonly string[];
  /** What was found and cannot be judged: hints from before this process, or no end of the queue. */
  readonly undecided: number;
}

export interface LostEventsOptions {
  readonly watch: SourceWatch;
  readonly told: (report: LostReport) => void;
  readonly announcedMax?: number;
}

interface Announced {
  readonly revision: Revision;
  readonly atMs: number;
}

/** What one scan has found, until it is judged. */
export interface ScanFindings {
  readonly beganAtMs: number;
  /** False where hints may be under way of which this process knows nothing. */
  readonly isJudgeable: boolean;
  readonly unread: ReadonlySet<string>;
  readonly found: Finding[];
  /** Past the bound. */
  uncounted: number;
}

export interface ScanStart {
  /** How many hints and mutations of the log are not applied yet. */
  readonly backlog: number;
  /** Keys that were told of and could not be read when they were last asked for. */
  readonly unread: readonly string[];
}

export interface ScanEnd {
  readonly endedAtMs: number;
  /** Whether everything was listed. */
  readonly isWhole: boolean;
}

const announcedMaxDefault = 100_000;
const foundMax = 10_000;
const reportedMax = 10_000;
const scansWaitingMax = 16;
export const lostKeysMax = 1_000;

export class LostEvents {
  readonly #options: LostEventsOptions;
  readonly #announcedMax: number;
  /** By key, the one that was announced last at the end. */
  readonly #announced = new Map<string, Announced>();
  /** What was reported and not announced since: the scan may find it again before it is applied. */
  readonly #reported = new Map<string, string | null>();
  readonly #waiting: { readonly scan: ScanFindings; readonly endedAtMs: number }[] = [];
  readonly #ended = new Wakeup();
  #isCaughtUp = false;
  #last: LostReport | null = null;
  #total = 0;

  constructor(options: LostEventsOptions) {
    this.#options = options;
    this.#announcedMax = options.announcedMax ?? announcedMaxDefault;
  }

  /** Of the last scan that was judged. */
  get last(): LostReport | null {
    return this.#last;
  }

  /** Since the process began. */
  get total(): number {
    return this.#total;
  }

  /** An event has told of the key, and the hint it caused is on the log. Said in any order. */
  announced(key: string, { revision, atMs }: Announced): void {
    const before = this.#announced.get(key);
    this.#reported.delete(key);
    this.#announced.delete(key);
    const isNewer = !before || compareRevisions(before.revision, revision) < 0;
    this.#announced.set(key, isNewer ? { revision, atMs } : before);
    dropOldest(this.#announced, this.#announcedMax);
  }

  /** Everything that was on the log when the process began has been applied. */
  caughtUp(): void {
    this.#isCaughtUp = true;
  }

  begin(beganAtMs: number, { backlog, unread }: ScanStart): ScanFindings {
    if (backlog === 0) this.#isCaughtUp = true;
    // With more under way than is remembered, some of it may be forgotten.
    const isJudgeable = this.#isCaughtUp && backlog < this.#announcedMax;
    return { beganAtMs, isJudgeable, unread: new Set(unread), found: [], uncounted: 0 };
  }

  static note(scan: ScanFindings, finding: Finding): void {
    if (scan.found.length < foundMax) scan.found.push(finding);
    else scan.uncounted += 1;
  }

  /** The scan is to be judged when everything before its end has been heard. */
  end(scan: ScanFindings, { endedAtMs, isWhole }: ScanEnd): void {
    // A listing that broke off lacks nothing.
    const found = isWhole ? scan.found : scan.found.filter(({ now }) => now !== null);
    this.#waiting.push({ scan: { ...scan, found }, endedAtMs });
    const tooMany = this.#waiting.length > scansWaitingMax ? this.#waiting.shift() : undefined;
    if (tooMany) this.#report(tooMany.scan, { isDrained: false });
    this.#ended.ring();
  }

  /** Judges scans, one after another, until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = () => this.#ended.ring();
    signal.addEventListener("abort", stop, { once: true });
    while (!signal.aborted) {
      const next = this.#waiting[0];
      if (!next) {
        await this.#ended.next();
        continue;
      }
      const { endedAtMs, scan } = next;
      const { watch } = this.#options;
      const needed = scan.found.length > 0 && scan.isJudgeable;
      const isDrained = !needed || ((await watch.drained?.(endedAtMs, signal)) ?? false);
      if (signal.aborted) return;
      // It may have been given up meanwhile.
      if (this.#waiting[0] !== next) continue;
      this.#waiting.shift();
      this.#report(scan, { isDrained });
    }
  }

  #report(scan: ScanFindings, { isDrained }: { readonly isDrained: boolean }): void {
    const { told, watch } = this.#options;
    const open = scan.found.filter(
      (finding) => (watch.tellsOf?.(finding) ?? true) && !this.#isExplained(finding, scan),
    );
    const isDecided = isDrained && scan.isJudgeable;
    const lost = isDecided ? open : [];
    for (const { key, now } of lost) this.#reported.set(key, now);
    dropOldest(this.#reported, reportedMax);
    const keys = lost.map(({ key }) => key).sort(compareKeys);
    const report = {
      scannedAtMs: scan.beganAtMs,
      count: keys.length,
      keys: keys.slice(0, lostKeysMax),
      undecided: (isDecided ? 0 : open.length) + scan.uncounted,
    };
    this.#last = report;
    this.#total += keys.length;
    told(report);
  }

  #isExplained({ key, known, now }: Finding, { beganAtMs, unread }: ScanFindings): boolean {
    if (unread.has(key)) return true;
    if (this.#reported.get(key) === now && this.#reported.has(key)) return true;
    const announced = this.#announced.get(key);
    if (!announced) return false;
    if (announced.atMs >= beganAtMs || known === null) return true;
    return compareRevisions(known, announced.revision) < 0;
  }
}

function dropOldest(map: Map<string, unknown>, sizeMax: number): void {
  for (const key of map.keys()) {
    if (map.size <= sizeMax) return;
    map.delete(key);
  }
}
