/** What a person reads when the process starts: where it is, what it does, what to try. */
import type { SourceFreshness } from "@tidemark/pipeline";

export interface BannerFacts {
  readonly version: string;
  readonly mode: "dev" | "serve";
  readonly url: string;
  readonly hasKeys: boolean;
  readonly dataDirectory: string;
  readonly isNew: boolean;
  readonly model: string;
  readonly sources: readonly { readonly name: string; readonly what: string }[];
}

export function banner(facts: BannerFacts): string {
  const kind =
    facts.mode === "dev" && !facts.hasKeys
      ? "one process, for development: loopback only, no keys"
      : "one process";
  const kept = facts.isNew ? "kept; delete it to start over" : "found; kept from before";
  return [
    `Tidemark ${facts.version} · ${kind}`,
    "",
    row("search", `${facts.url}/v1/search      API  ${facts.url}/docs`),
    row("data", `${facts.dataDirectory}  (${kept})`),
    row("model", facts.model),
    ...facts.sources.map(({ name, what }) => row("source", `${name} = ${what}`)),
    "",
  ].join("\n");
}

export interface IndexedFacts {
  readonly sources: readonly SourceFreshness[];
  readonly embedded: number;
  readonly tookMs: number;
}

export function indexedLine({ sources, embedded, tookMs }: IndexedFacts): string {
  const sum = (of: (source: SourceFreshness) => number) =>
    sources.reduce((total, source) => total + of(source), 0);
  const documents = sum((source) => source.documents);
  const pending = sum((source) => source.pending);
  const chunks = sum((source) => source.chunks);
  const seconds = (tookMs / 1_000).toFixed(1);
  return row(
    "indexed",
    `${documents - pending} of ${documents} documents · ${chunks} chunks · ${embedded} embedded · ${seconds} s`,
  );
}

export function readyLine(completeUpToMs: number): string {
  return row("ready", `every change up to ${timeOf(completeUpToMs)} can be found`);
}

export function nextLines(folder: string | null): string {
  return [
    "",
    row("next", 'npx tidemark search "why does a deleted page come back"'),
    ...(folder ? [row("", `change a file in ${folder} and search again`)] : []),
    row("", "npm start -- ~/my-docs"),
    "",
  ].join("\n");
}

function row(label: string, text: string): string {
  return `  ${label.padEnd(11)}${text}`;
}

function timeOf(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8);
}
