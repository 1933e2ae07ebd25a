/** Audits as a runbook asks for them: one after the other, also where somebody else's runs. */
import type { AuditWire } from "@tidemark/api";
import { CliError } from "../cli-error.ts";
import type { Client } from "../client.ts";
import type { Terminal } from "../terminal.ts";
import type { FoundDocument } from "./runbook-report.ts";

export type Certificate = AuditWire["certificates"][number];

export interface AuditAsked {
  readonly source?: string;
  readonly sample?: number;
  readonly documents?: readonly string[];
  readonly repair?: boolean;
  readonly thorough?: boolean;
}

/** Of one request: an audit of documents that are named takes no more. */
export const documentsPerAudit = 256;
export const examplesMax = 1_000;

const auditTimeoutMs = 6 * 60 * 60_000;
const againAfterMs = 1_000;

export class AuditAsker {
  readonly #client: Client;
  readonly #terminal: Pick<Terminal, "nowMs" | "pause">;
  readonly #waitMsMax: number;

  /** `waitMsMax` bounds how long it waits for an audit of somebody else to end. */
  constructor(
    client: Client,
    terminal: Pick<Terminal, "nowMs" | "pause">,
    options: { readonly waitMsMax: number },
  ) {
    this.#client = client;
    this.#terminal = terminal;
    this.#waitMsMax = options.waitMsMax;
  }

  async ask(asked: AuditAsked): Promise<readonly Certificate[]> {
    const untilMs = this.#terminal.nowMs() + this.#waitMsMax;
    for (;;) {
      try {
        const body = { examples: examplesMax, ...asked };
        const timeoutMs = auditTimeoutMs;
        const answer = await this.#client.ask<AuditWire>("/v1/audit", { body, timeoutMs });
        return answer.certificates;
      } catch (error) {
        const isBusy = error instanceof CliError && error.code === "audit-running";
        if (!isBusy || this.#terminal.nowMs() >= untilMs) throw error;
        if (!(await this.#terminal.pause(againAfterMs))) throw error;
      }
    }
  }

  /** Of documents that are named, in as many requests as it takes. */
  async askOf(
    documents: readonly string[],
    asked: Pick<AuditAsked, "repair"> = {},
  ): Promise<readonly Certificate[]> {
    const certificates: Certificate[] = [];
    for (let from = 0; from < documents.length; from += documentsPerAudit) {
      const some = documents.slice(from, from + documentsPerAudit);
      certificates.push(...(await this.ask({ ...asked, documents: some })));
    }
    return certificates;
  }
}

/** Each document once, with all that was found of it. */
export function foundIn(certificates: readonly Certificate[]): readonly FoundDocument[] {
  const found = new Map<string, FoundDocument>();
  for (const { documentId, ...fault } of certificates.flatMap(({ examples }) => examples)) {
    const before = found.get(documentId)?.faults ?? [];
    found.set(documentId, { documentId, faults: [...before, fault] });
  }
  return [...found.values()];
}

export function sumOf(
  certificates: readonly Certificate[],
  of: (certificate: Certificate) => number,
): number {
  return certificates.reduce((sum, certificate) => sum + of(certificate), 0);
}
