/** Documents that share sentences, so that chunks move between them, repeat and come back. */
import { sha256Hex, type Permissions } from "@tidemark/domain";
import type { Chance } from "@tidemark/pipeline";
import { between, pick } from "@tidemark/testing";
import { absent, type DocumentState } from "./document-state.ts";

/** A chunk with this word can never be embedded. */
export const poisonWord = "arsenic";

const words = [
  "ebb",
  "flood",
  "slack",
  "neap",
  "spring",
  "moon",
  "surge",
  "delta",
  "shoal",
  "gauge",
];
const sentencesMax = 5;

export type Present = Extract<DocumentState, { kind: "present" }>;

function aSentence(chance: Chance): string {
  return Array.from({ length: 4 }, () => pick(chance, words.slice(0, 5))).join(" ");
}

export function aText(chance: Chance, options: { readonly poison: boolean }): string {
  const sentences = Array.from({ length: between(chance, 1, sentencesMax) }, () =>
    aSentence(chance),
  );
  if (options.poison && chance() < 0.15) sentences.push(Array(9).fill(poisonWord).join(" "));
  return sentences.join("\n\n");
}

function somePermissions(chance: Chance): Permissions {
  const roll = chance();
  if (roll < 0.4) return { kind: "public" };
  if (roll < 0.45) return { kind: "unknown" };
  const principals = ["ann", "bo"].filter(() => chance() < 0.6);
  return { kind: "only", principals };
}

export function contentHashOf(text: string): string {
  return sha256Hex(text).slice(0, 24);
}

export function aDocument(chance: Chance, options: { readonly poison: boolean }): Present {
  const text = aText(chance, options);
  return {
    kind: "present",
    text,
    contentHash: contentHashOf(text),
    permissions: somePermissions(chance),
    tenant: chance() < 0.7 ? "*" : "acme",
    metadata: { number: between(chance, 1, 2) },
    archived: chance() < 0.1,
  };
}

/** What a document becomes by one change: of content, policy, facts, or its being there at all. */
export function changed(
  before: DocumentState,
  chance: Chance,
  options: { readonly poison: boolean },
): DocumentState {
  if (before.kind === "absent") return aDocument(chance, options);
  switch (
    pick(chance, [
      "edit",
      "edit",
      "edit",
      "whole",
      "delete",
      "permissions",
      "metadata",
      "archive",
      "tenant",
      "touch",
    ])
  ) {
    case "edit": {
      const paragraphs = before.text.split("\n\n");
      const at = between(chance, 0, paragraphs.length - 1);
      const isShort = paragraphs.length < 2 || chance() < 0.6;
      if (isShort) paragraphs.splice(at, chance() < 0.5 ? 1 : 0, aSentence(chance));
      else paragraphs.splice(at, 1);
      const text = paragraphs.join("\n\n");
      return { ...before, text, contentHash: contentHashOf(text) };
    }
    case "whole":
      return aDocument(chance, options);
    case "delete":
      return absent;
    case "permissions":
      return { ...before, permissions: somePermissions(chance) };
    case "metadata":
      return { ...before, metadata: { number: between(chance, 1, 2) } };
    case "archive":
      return { ...before, archived: !before.archived };
    case "tenant":
      return { ...before, tenant: before.tenant === "*" ? "acme" : "*" };
    default:
      return before;
  }
}
