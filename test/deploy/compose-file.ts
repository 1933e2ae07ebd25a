/** docker-compose.yml as Docker sees it: merged, with the defaults of its variables. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";

export const root = resolve(import.meta.dirname, "../..");
export const readRepository = (path: string) => readFileSync(join(root, path), "utf8");

/** What services share is said once, and counts for each of them. */
const aliasesMax = 1_000;

export interface ComposeService {
  readonly image: string;
  /** Started only where one of them is asked for. */
  readonly profiles?: readonly string[];
  readonly build?: { readonly dockerfile: string; readonly args: Readonly<Record<string, string>> };
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly mem_limit?: string;
  readonly restart?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly read_only?: boolean;
  readonly stop_grace_period?: string;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export function readComposeFile(): ComposeFile {
  const text = readRepository("docker-compose.yml").replaceAll(
    /(?<!\$)\$\{\w+:-(?<otherwise>[^}]*)\}/gu,
    "$<otherwise>",
  );
  return parse(text, { merge: true, maxAliasCount: aliasesMax }) as ComposeFile;
}

/** Ours, by name: they share one image. The init job is none, it ends. */
export function ownServices({
  services,
}: ComposeFile): readonly (readonly [string, ComposeService])[] {
  return Object.entries(services).filter(([, { command }]) => command?.[0] === "serve");
}

/** What the repository has under a path of the container; null when a volume or nothing is there. */
export function repositoryPath({ volumes = [] }: ComposeService, path: string): string | null {
  for (const volume of volumes) {
    const [from = "", to = ""] = volume.split(":");
    if (from.startsWith("./") && (path === to || path.startsWith(`${to}/`))) {
      return join(from, path.slice(to.length));
    }
  }
  return null;
}

export function mebibytes(size: string): number {
  const match = /^(?<amount>\d+)(?<unit>[mg]|MiB|GiB)$/u.exec(size)?.groups;
  if (!match) throw new RangeError(`${size} is not a size in m, g, MiB or GiB`);
  return Number(match["amount"]) * (match["unit"]?.toLowerCase().startsWith("g") ? 1024 : 1);
}
