/**
 * Where a document is cut, decided by its content so that an edit moves few cuts.
 *
 * A stretch that is too big is cut in two at its best boundary: the strongest (a chapter before a
 * section before a paragraph before a sentence), among equals the one whose following text has the
 * highest hash. Both halves are cut on until all fit. An edit can change the decisions only of the
 * stretches it lies in, never of those beside them, however long the document.
 */
import { PriorityTree } from "./chunk-priority-tree.ts";
import { STRENGTH } from "./chunk-strength.ts";
import type { ChunkUnit } from "./chunk-unit.ts";

/** No chunk is made smaller than this share of the most, unless a heading or nothing else offers. */
const SHARE_MIN = 0.3;
/** A section of its own may be this small beside a big one. */
const SECTION_SHARE_MIN = 0.1;
/** So many characters after a boundary decide its hash: more would let edits further away move it. */
const HASHED_CHARS = 48;

/** A stretch of units: from `start` up to, not including, `end`. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/**
 * The stretches that become chunks, in order. Each is at most `tokensMax` in size, given that every
 * unit is. Stops early, with more than `chunksMax`, once it is sure there will be more.
 */
export function contentDefinedCuts(
  units: readonly ChunkUnit[],
  { tokensMax, chunksMax }: { readonly tokensMax: number; readonly chunksMax: number },
): readonly Stretch[] {
  const sums = sumsOf(units);
  const tree = new PriorityTree(priorities(units));
  const done: Stretch[] = [];
  const open: Stretch[] = units.length === 0 ? [] : [{ start: 0, end: units.length }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.end - next.start === 1 || sizeBetween(sums, next) <= tokensMax) {
      done.push(next);
    } else {
      const cut = bestCut(next, { sums, tree, units, tokensMax });
      open.push({ start: cut, end: next.end }, { start: next.start, end: cut });
    }
    if (done.length + open.length > chunksMax) return [...done, ...open];
  }
  return done;
}

interface Ground {
  readonly sums: Float64Array;
  readonly tree: PriorityTree;
  readonly units: readonly ChunkUnit[];
  readonly tokensMax: number;
}

function bestCut(stretch: Stretch, ground: Ground): number {
  const size = sizeBetween(ground.sums, stretch);
  const { tokensMax } = ground;
  const least = tokensMax * SHARE_MIN;
  const section = bestWithin(stretch, ground, tokensMax * SECTION_SHARE_MIN);
  if (section !== undefined && strengthAt(section, ground) >= STRENGTH.heading) return section;
  // Two chunks when two are enough: neither half is cut again.
  const halves = size <= 2 * tokensMax ? Math.max(least, size - tokensMax) : least;
  const even = bestWithin(stretch, ground, halves);
  if (even !== undefined && strengthAt(even, ground) >= STRENGTH.sentence) return even;
  return bestWithin(stretch, ground, least) ?? bestWithin(stretch, ground, 0) ?? stretch.start + 1;
}

/** The best boundary that leaves at least `least` on both sides. */
function bestWithin(
  { start, end }: Stretch,
  { sums, tree }: Ground,
  least: number,
): number | undefined {
  const first = Math.max(start + 1, firstAtLeast(sums, (sums[start] ?? 0) + least));
  const last = Math.min(end - 1, firstAtLeast(sums, (sums[end] ?? 0) - least + 1e-6) - 1);
  return first > last ? undefined : tree.highest(first, last);
}

function strengthAt(unit: number, { units }: Ground): number {
  return units[unit]?.strength ?? STRENGTH.none;
}

/** `sums[i]` is the size of all units before i. */
function sumsOf(units: readonly ChunkUnit[]): Float64Array {
  const sums = new Float64Array(units.length + 1);
  for (const [index, unit] of units.entries()) sums[index + 1] = (sums[index] ?? 0) + unit.size;
  return sums;
}

function sizeBetween(sums: Float64Array, { start, end }: Stretch): number {
  return (sums[end] ?? 0) - (sums[start] ?? 0);
}

/** The first index whose sum is at least `sum`. */
function firstAtLeast(sums: Float64Array, sum: number): number {
  let low = 0;
  let high = sums.length;
  while (low < high) {
    const half = (low + high) >> 1;
    if ((sums[half] ?? 0) >= sum) high = half;
    else low = half + 1;
  }
  return low;
}

function priorities(units: readonly ChunkUnit[]): Float64Array {
  const found = new Float64Array(units.length);
  for (const [index, unit] of units.entries()) {
    found[index] = unit.strength * 2 ** 32 + hash32(textFrom(units, index));
  }
  return found;
}

/** The characters after a boundary; of short units several, for one heading may stand many times. */
function textFrom(units: readonly ChunkUnit[], from: number): string {
  let text = "";
  for (let unit = from; unit < units.length && text.length < HASHED_CHARS; unit += 1) {
    text += `${units[unit]?.text.slice(0, HASHED_CHARS).trim()}\n`;
  }
  return text.slice(0, HASHED_CHARS);
}

/** FNV-1a with a final mix; equal everywhere, and not meant to keep a secret. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
