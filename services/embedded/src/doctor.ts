/** Looks at everything this process depends on, and says what would mend what is wrong. */
import { statfs } from "node:fs/promises";
import type { DoctorFinding, GenerationKeeper, ServedSource } from "@tidemark/pipeline";
import type { SqliteDatabase } from "@tidemark/sqlite";

const diskFreeLeastBytes = 1 << 30;

export async function examine(input: {
  readonly dataDirectory: string;
  readonly database: SqliteDatabase;
  readonly keeper: GenerationKeeper;
  readonly sources: Iterable<ServedSource>;
  readonly modelNote: string;
  readonly nodeVersion: string;
}): Promise<readonly DoctorFinding[]> {
  const findings: DoctorFinding[] = [
    ok("node", input.nodeVersion),
    ok("model", input.modelNote),
    await disk(input.dataDirectory),
  ];
  const size = await input.database.size();
  findings.push(ok("database", `${Math.round(size.bytes / 2 ** 20)} MiB`));
  for (const source of input.sources) findings.push(examineSource(source));
  for (const line of input.keeper.lines) {
    for (const { stage, trouble } of line.states()) {
      const check = `stage ${stage} of ${line.generation.id}`;
      findings.push(
        trouble
          ? { check, verdict: "warn", detail: trouble, fix: "it is tried again until it succeeds" }
          : ok(check, "running"),
      );
    }
  }
  const reason = input.keeper.unavailable(input.keeper.active.id);
  if (reason) {
    findings.push({
      check: `generation ${input.keeper.active.id}`,
      verdict: "fail",
      detail: reason,
      fix: "configure the embedder it was made with, or build another with `tidemark apply`",
    });
  }
  return findings;
}

function examineSource(source: ServedSource): DoctorFinding {
  const check = `source ${source.name}`;
  const { line } = source;
  if (!line) return ok(check, "pushed");
  if (line.trouble) {
    return {
      check,
      verdict: "fail",
      detail: line.trouble,
      fix: "make its root readable; nothing is removed meanwhile",
    };
  }
  if (line.held.count > 0) {
    return {
      check,
      verdict: "warn",
      detail: `${line.held.count} deletes are held (${line.held.reason})`,
      fix: "look at the source; `tidemark reconcile --confirm` applies them",
    };
  }
  if (line.blocked.size > 0) {
    const [first] = line.blocked;
    return {
      check,
      verdict: "warn",
      detail: `${line.blocked.size} documents cannot be read, such as ${first?.[0]}: ${first?.[1]}`,
      fix: "let this process read them",
    };
  }
  return ok(check, "listed and watched");
}

async function disk(directory: string): Promise<DoctorFinding> {
  const { bavail, bsize } = await statfs(directory);
  const freeBytes = bavail * bsize;
  const detail = `${(freeBytes / 2 ** 30).toFixed(1)} GiB free at ${directory}`;
  if (freeBytes >= diskFreeLeastBytes) return ok("disk", detail);
  return { check: "disk", verdict: "warn", detail, fix: "make room: writes stop when it is full" };
}

function ok(check: string, detail: string): DoctorFinding {
  return { check, verdict: "ok", detail, fix: null };
}
