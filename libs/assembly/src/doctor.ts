/** Looks at everything this process depends on, and says what would mend what is wrong. */
import { statfs } from "node:fs/promises";
import {
  rehearsalStanding,
  runbookNames,
  type AuditCertificate,
  type Rehearsal,
  type RunbookName,
} from "@tidemark/domain";
import type { DoctorFinding, FreshnessReport, ServedSource } from "@tidemark/pipeline";
import { askCosts, budgetFindings } from "./costs.ts";
import { noticeFindings } from "./notice-findings.ts";
import type { Parts } from "./open-parts.ts";
import { probeFindings } from "./probes.ts";
import { roleOfService } from "./roles.ts";
import { askSentinels, sentinelFindings } from "./sentinels.ts";
import { systemClock } from "./world.ts";

const diskFreeLeastBytes = 1 << 30;

export async function examine(
  parts: Parts,
  modelNote: string,
  freshness: FreshnessReport,
): Promise<readonly DoctorFinding[]> {
  const { board, generations, options, sources, stores } = parts;
  const findings: DoctorFinding[] = [ok("node", process.version), ok("model", modelNote)];
  if (stores.database) {
    findings.push(await disk(options.dataDirectory));
    const size = await stores.database.size();
    findings.push(ok("database", `${Math.round(size.bytes / 2 ** 20)} MiB`));
  }
  findings.push(...missingServices(parts), ...beganAnewLately(parts));
  for (const source of sources.served.values()) findings.push(examineSource(source));
  for (const { generation, stage, trouble } of board.conditions()) {
    const check = generation ? `stage ${stage} of ${generation}` : `stage ${stage}`;
    findings.push(
      trouble
        ? { check, verdict: "warn", detail: trouble, fix: "it is tried again until it succeeds" }
        : ok(check, "running"),
    );
  }
  for (const certificate of parts.catalogue.audits) findings.push(auditFinding(certificate));
  findings.push(...probeFindings(freshness));
  for (const runbook of runbookNames) {
    const last = parts.catalogue.rehearsals.find((each) => each.runbook === runbook) ?? null;
    findings.push(rehearsalFinding(runbook, last, systemClock.nowMs()));
  }
  findings.push(...budgetFindings(await askCosts(parts)));
  findings.push(...sentinelFindings(await askSentinels(parts, { now: false })));
  const reason = generations.unavailable(generations.active.id);
  if (reason) {
    findings.push({
      check: `generation ${generations.active.id}`,
      verdict: "fail",
      detail: reason,
      fix: "configure the embedder it was made with, or build another with `tidemark apply`",
    });
  }
  return findings;
}

/** By this process and by all that have spoken lately. */
function beganAnewLately({ notices, options, shared }: Parts): readonly DoctorFinding[] {
  const own = notices.recent().map((notice) => ({ ...notice, service: options.service }));
  return noticeFindings([...own, ...(shared?.reports.notices() ?? [])]);
}

/** Services that nobody has heard of lately. */
function missingServices({ options, shared }: Parts): readonly DoctorFinding[] {
  if (!shared) return [];
  const heard = new Map(shared.reports.services());
  heard.set(options.service, (heard.get(options.service) ?? 0) + 1);
  const hasDatabases = Object.values(options.config.sources).some(
    ({ kind }) => kind === "postgres" || kind === "debezium",
  );
  const services = Object.keys(roleOfService).filter(
    (name) => name !== "connector" || hasDatabases,
  );
  return services.map((service) => {
    const count = heard.get(service) ?? 0;
    const check = `service ${service}`;
    return count > 0
      ? ok(check, `${count} running`)
      : { check, verdict: "fail", detail: "not heard of lately", fix: `start the ${service}` };
  });
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
      fix: source.isStreamed
        ? "run the SQL that is named, or bring the database back; nothing is removed meanwhile"
        : "make its root readable; nothing is removed meanwhile",
    };
  }
  if (line.held.count > 0) {
    return {
      check,
      verdict: "warn",
      detail: `${line.held.count} deletes are held (${line.held.reason})`,
      fix: "look at the source; `tidemark reconcile --confirm <number>` applies them",
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
  return ok(check, source.isStreamed ? "read as it changes" : "listed and watched");
}

function auditFinding({
  endedAtMs,
  faulty,
  setAside,
  source,
  undecided,
  verdict,
}: AuditCertificate): DoctorFinding {
  const check = `audit of ${source}`;
  const at = new Date(endedAtMs).toISOString();
  const again = `tidemark audit --source ${source}`;
  switch (verdict) {
    case "clean":
      return ok(
        check,
        `clean at ${at}${setAside.documents > 0 ? `, with ${setAside.documents} set aside` : ""}`,
      );
    case "undecided":
      return {
        check,
        verdict: "warn",
        detail: `${undecided} documents were still changing at ${at}`,
        fix: `\`${again}\` when the pipeline has caught up`,
      };
    case "faulty":
      return {
        check,
        verdict: "fail",
        detail: `${faulty} documents had faults at ${at}`,
        fix: `\`${again} --repair --dry-run\` says what would be mended, without --dry-run it is`,
      };
  }
}

/** Nobody has to have practised on the first day; who has, and it failed or is long ago, is told. */
function rehearsalFinding(
  runbook: RunbookName,
  last: Rehearsal | null,
  nowMs: number,
): DoctorFinding {
  const check = `rehearsal of ${runbook}`;
  const fix = `\`tidemark runbook ${runbook} --rehearse\``;
  const standing = rehearsalStanding(last, nowMs);
  if (!last || standing === "never") return ok(check, `never practised: ${fix} does it on a copy`);
  const at = new Date(last.endedAtMs).toISOString();
  if (standing === "failed") {
    return { check, verdict: "warn", detail: `failed at ${at}: ${last.reason ?? ""}`, fix };
  }
  if (standing === "old") return { check, verdict: "warn", detail: `last practised ${at}`, fix };
  return ok(check, `practised at ${at}`);
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
