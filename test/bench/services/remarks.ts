/**
 * Remarks to be searched for, each far from the others and long enough to be most of its chunk: of
 * remarks that differ in a number only, and of a short one that shares its chunk with a page's end,
 * the one that is meant comes after dozens of others, and a search for the best twenty misses it.
 */
const subjects = [
  "The lighthouse keeper",
  "A retired violin maker",
  "The mountain rescue team",
  "An apprentice baker",
  "The night ferry's captain",
  "A beekeeper from the valley",
  "The museum's restorer",
  "A deep sea diver",
  "The railway signalman",
  "An orchard's owner",
] as const;
const deeds = [
  "counted seventeen swans",
  "painted the gate yellow",
  "lost a silver watch",
  "repaired the church organ",
  "ordered four crates of lemons",
  "translated an old poem",
  "planted a row of walnut trees",
  "measured the depth of the well",
  "won a game of chess",
] as const;
const places = [
  "before the first snow fell on the harbour",
  "while the opera house was on fire",
  "during the festival of kites",
  "after the desert road was closed",
  "behind the glass factory",
  "on the island of the monks",
  "at the border of the rain forest",
] as const;
const sentences = 4;

/** The same for the same number. The lists' lengths share no divisor, so 157 share no sentence. */
export function remark(number: number): string {
  return Array.from({ length: sentences }, (_, at) => sentence(number * sentences + at)).join(" ");
}

function sentence(at: number): string {
  const part = (parts: readonly string[]) => parts[at % parts.length] ?? "";
  return `${part(subjects)} ${part(deeds)} ${part(places)}.`;
}
