/** Documents as the driver invents them: small ones mostly, with all that a document can say. */
import { between, pick, shuffled } from "@tidemark/testing";
import type { Chance } from "@tidemark/pipeline";
import type { PushedDocument, PushedPermissions } from "../checker/pushed-document.ts";

const subjects = ["The night shift", "A visitor", "The harbour office", "Every new colleague"];
const verbs = ["checks", "signs", "reports", "cleans", "keeps", "returns", "orders", "locks"];
const objects = [
  "the blue pump in hall four",
  "the list of spare keys",
  "holiday requests before the end of the month",
  "the archive of signed contracts",
  "the water level at the eastern lock",
  "travel receipts with the original ticket",
  "the alarm of the cold store",
  "a badge that was found in the yard",
];
const ends = ["every morning", "after an outage", "twice a year", "when nobody else is there"];
const areas = ["north", "south", "yard"];

export const tenants = ["*", "acme", "globex"] as const;
const readers: readonly PushedPermissions[] = [
  "public",
  ["group:engineering"],
  ["group:hr"],
  ["user:ann", "user:bob"],
  ["user:bob"],
];

/** Half of the sentences come again and again, so that vectors are shared; the others are new. */
export function inventSentence(chance: Chance): string {
  const sentence = `${pick(chance, subjects)} ${pick(chance, verbs)} ${pick(chance, objects)}`;
  const end = pick(chance, ends);
  return chance() < 0.5
    ? `${sentence} ${end}.`
    : `${sentence} ${end}, case ${between(chance, 1, 1e6)}.`;
}

export function inventMarkdown(chance: Chance): string {
  if (chance() < 0.03) return "";
  const sections = Array.from({ length: between(chance, 1, 3) }, () => {
    const sentences = Array.from({ length: between(chance, 1, 3) }, () => inventSentence(chance));
    return `## ${pick(chance, objects)}\n\n${sentences.join(" ")}\n`;
  });
  return `# ${pick(chance, subjects)}\n\n${sections.join("\n")}`;
}

const largeSections = 180;
const largeSentences = Array.from({ length: largeSections }, (_, section) => {
  const [subject, verb] = [subjects[section % 4], verbs[section % 8]];
  const [object, end] = [objects[(section >> 1) % 8], ends[(section >> 3) % 4]];
  return `## Rule ${section}\n\n${subject} ${verb} ${object} ${end}; rule ${section} says how and why.\n`;
});

/** More chunks than one write takes, out of sections that are always the same. */
export function inventLarge(chance: Chance): string {
  const from = between(chance, 0, largeSections - 160);
  return `# House rules\n\n${largeSentences.slice(from, from + 160).join("\n")}`;
}

/** Far shorter, and still no extraction that looks broken: that would be held. */
export function inventShrunk(chance: Chance): string {
  const from = between(chance, 0, largeSections - 12);
  return `# House rules\n\n${largeSentences.slice(from, from + between(chance, 6, 12)).join("\n")}`;
}

export function inventPermissions(chance: Chance): PushedPermissions {
  return pick(chance, readers);
}

/** `write` numbers every write of the driver, so that two are never the same. */
export function inventMetadata(chance: Chance, write: number): PushedDocument["metadata"] {
  const tags = shuffled(chance, ["pumps", "keys", "people"]).slice(0, between(chance, 0, 2));
  return { write, area: pick(chance, areas), draft: chance() < 0.2, tags };
}

export function inventFrontMatter(chance: Chance): string {
  const permissions = inventPermissions(chance);
  const lines = [
    `permissions: ${permissions === "public" ? "public" : JSON.stringify(permissions)}`,
    `area: ${pick(chance, areas)}`,
  ];
  if (chance() < 0.3) lines.push(`tenant: ${JSON.stringify(pick(chance, tenants))}`);
  if (chance() < 0.08) lines.push("archived: true");
  return `---\n${lines.join("\n")}\n---\n`;
}
