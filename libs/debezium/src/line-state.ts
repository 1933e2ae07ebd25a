/** What the line must know to read on, written down with the source's epoch. */
import { firstState, type StreamOrderState } from "./stream-order.ts";

/** Of a topic as it was made: up to where each partition was read. */
export interface TopicPlaces {
  readonly id: string;
  readonly next: readonly number[];
}

/** Deletes that an absence tells of, which are not applied yet. */
export interface PendingClose {
  /** What the keys begin with. */
  readonly prefix: string;
  readonly epoch: number;
  readonly position: number;
  /** Whether a person is to look at it, however few they are. */
  readonly isDoubtful: boolean;
}

/** The full snapshot that is being read. */
export interface SnapshotProgress {
  readonly id: string;
  readonly epoch: number;
  readonly tables: readonly string[];
  readonly isEnded: boolean;
}

export interface LineState {
  readonly order: StreamOrderState;
  readonly topics: Readonly<Record<string, TopicPlaces>>;
  readonly snapshot: SnapshotProgress | null;
  readonly closes: readonly PendingClose[];
  /** Why a snapshot is to be asked for; null when none is. */
  readonly due: string | null;
}

export function newLineState(epoch: number): LineState {
  return { order: firstState(epoch), topics: {}, snapshot: null, closes: [], due: null };
}

export function encodeLineState(state: LineState): string {
  return JSON.stringify({ v: 1, ...state });
}

/** Null for a state that is not there, or was written by another version. */
export function decodeLineState(text: string | undefined): LineState | null {
  if (text === undefined) return null;
  const { v, ...state } = JSON.parse(text) as LineState & { readonly v: number };
  return v === 1 ? state : null;
}
