/** How good a boundary is as a place to cut. Before a heading of level n it is `heading + 6 - n`. */
export const STRENGTH = { none: 0, word: 1, sentence: 2, row: 3, block: 4, heading: 5 } as const;
