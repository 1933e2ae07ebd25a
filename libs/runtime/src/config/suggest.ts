/** The choice a writer most likely meant, or `undefined` when nothing is near. */
export function suggest(written: string, choices: readonly string[]): string | undefined {
  const distanceMax = Math.max(1, Math.floor(written.length / 3));
  let best: { readonly choice: string; readonly distance: number } | undefined;
  for (const choice of choices) {
    const distance = editDistance(written.toLowerCase(), choice.toLowerCase());
    if (distance <= distanceMax && distance < (best?.distance ?? Infinity)) {
      best = { choice, distance };
    }
  }
  return best?.choice;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
export function editDistance(from: string, to: string): number {
  let twoAbove: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const here = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const swapped =
        row > 1 &&
        column > 1 &&
        from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1];
      here[column] = Math.min(
        (above[column] ?? Infinity) + 1,
        (here[column - 1] ?? Infinity) + 1,
        (above[column - 1] ?? Infinity) + (same ? 0 : 1),
        swapped ? (twoAbove[column - 2] ?? Infinity) + 1 : Infinity,
      );
    }
    twoAbove = above;
    above = here;
  }
  return above[to.length] ?? 0;
}
