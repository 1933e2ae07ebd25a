/** Deterministic vectors for tests: texts that share words are near each other. */

const placesPerWord = 8;

/** Of unit length; texts without words have one vector of their own. */
export function bagOfWords(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [""];
  for (const word of words) {
    let hash = hashOf(word);
    for (let place = 0; place < placesPerWord; place += 1) {
      hash = scramble(hash);
      const at = hash % dimensions;
      vector[at] = (vector[at] ?? 0) + ((hash >>> 16) & 1 ? 1 : -1);
    }
  }
  let length = Math.hypot(...vector);
  // All words may cancel each other out.
  if (length === 0) length = vector[0] = 1;
  return vector.map((number) => number / length);
}

/** FNV-1a over UTF-16 code units. */
function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let place = 0; place < word.length; place += 1) {
    hash = Math.imul(hash ^ word.charCodeAt(place), 0x01000193) >>> 0;
  }
  return hash;
}

function scramble(hash: number): number {
  let mixed = (hash + 0x9e3779b9) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 0;
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
