/**
 * The plain chunker that everyone knows: paragraphs, then lines and sentences, then words, packed
 * from the front until a chunk is full. Simple and dense; an edit can move every cut after it.
 */
import type { Stretch } from "./chunk-cuts.ts";
import { STRENGTH } from "./chunk-strength.ts";
import type { ChunkUnit } from "./chunk-unit.ts";

const LEVELS = [STRENGTH.block, STRENGTH.sentence, STRENGTH.word, STRENGTH.none] as const;

/** The stretches that become chunks, in order, each at most `tokensMax` if every unit is. */
export function recursiveCuts(
  units: readonly ChunkUnit[],
  { tokensMax }: { readonly tokensMax: number },
): readonly Stretch[] {
  return units.length === 0 ? [] : cut(units, { start: 0, end: units.length }, tokensMax, 0);
}

function cut(
  units: readonly ChunkUnit[],
  whole: Stretch,
  tokensMax: number,
  depth: number,
): readonly Stretch[] {
  const done: Stretch[] = [];
  let start = whole.start;
  let size = 0;
  const flush = (end: number): void => {
    if (end > start) done.push({ start, end });
    start = end;
    size = 0;
  };
  for (const piece of piecesAt(units, whole, LEVELS[depth] ?? STRENGTH.none)) {
    if (size + piece.size > tokensMax) flush(piece.start);
    if (piece.size <= tokensMax || piece.end - piece.start === 1) {
      size += piece.size;
      continue;
    }
    for (const part of cut(units, piece, tokensMax, depth + 1)) done.push(part);
    start = piece.end;
  }
  flush(whole.end);
  return done;
}

function piecesAt(
  units: readonly ChunkUnit[],
  { start, end }: Stretch,
  level: number,
): readonly (Stretch & { readonly size: number })[] {
  const pieces: { start: number; end: number; size: number }[] = [];
  for (let unit = start; unit < end; unit += 1) {
    const { strength, size } = units[unit] ?? { strength: STRENGTH.none, size: 0 };
    const piece = pieces.at(-1);
    if (piece === undefined || strength >= level) {
      pieces.push({ start: unit, end: unit + 1, size });
    } else {
      piece.end = unit + 1;
      piece.size += size;
    }
  }
  return pieces;
}
