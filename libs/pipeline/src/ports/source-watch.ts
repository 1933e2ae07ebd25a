/** How a source tells of changes as they happen: it may miss some, and it may tell of none. */
import type { Hint, Revision } from "@tidemark/domain";

/** A key that may have changed, as whoever told it knows it. */
export interface ToldKey {
  readonly key: string;
  readonly expects: Hint["expects"];
  /** When the source says that it changed. */
  readonly sourceTimeMs: number | null;
  readonly trace: string | null;
}

/** Something that was told and that nobody can read: it is set aside by reference. */
export interface UnreadableNotice {
  /** How it is called where it came from. */
  readonly id: string;
  readonly from: string;
  readonly problem: string;
}

export interface WatchListener {
  /** Kept in memory and published soon; what is lost of it, the scan finds. */
  readonly heard: (key: string, expects: Hint["expects"]) => void;
  /** Ends with `/`, or is empty when anything may have changed: then a scan is due. */
  readonly heardPrefix: (prefix: string) => void;
  /**
   * When it resolves, a hint for each is on the log for good: only then may what told of them be
   * forgotten. Throws `TransientError` when the log does not accept them now.
   */
  readonly heardAll: (told: readonly ToldKey[]) => Promise<void>;
  /** The same for what cannot be read: when it resolves, the dead letters are on the log for good. */
  readonly setAside: (notices: readonly UnreadableNotice[]) => Promise<void>;
}

/** A key in which a listing and the index differ. */
export interface Finding {
  readonly key: string;
  /** The state in the index, as a digest; null where it has none that can be compared. */
  readonly before: string | null;
  /** The state in the listing; null for a key that is not listed. */
  readonly now: string | null;
  /** What the index had seen of the key; null for a key that it did not know. */
  readonly known: Revision | null;
}

export interface SourceWatch {
  /** Until the signal. */
  watch(listener: WatchListener, signal: AbortSignal): Promise<void>;
  /** Called before what a scan held is applied: the root is taken as it is now. */
  acceptRoot(): Promise<void>;
  /**
   * Resolves with true when everything that was told of changes before this time has been heard,
   * with false when that cannot be said. A watch that never can leaves it out.
   */
  drained?(beforeMs: number, signal: AbortSignal): Promise<boolean>;
  /** What keeps it from hearing of changes now; null while it hears. */
  trouble?(): string | null;
  /** Whether an event should have told of what a scan found: not of a change of configuration. */
  tellsOf?(finding: Finding): boolean;
}
