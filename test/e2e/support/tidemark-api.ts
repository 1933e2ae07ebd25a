/** Tidemark's HTTP interface as an application would use it. */
import type {
  AcceptedWire,
  CostsWire,
  AuditWire,
  DeadLetterWire,
  DoctorWire,
  FreshnessWire,
  LineAnswer,
  ManifestWire,
  PlanWire,
  Problem,
  ReconcileWire,
  ReplaysWire,
  ReplayViewWire,
  ReplayWire,
  SearchHitWire,
  SearchResponseWire,
  SearchWhyWire,
  SentinelsWire,
  SourceFreshnessWire,
  StatusWire,
  WhyWire,
} from "@tidemark/api";

export type { SearchHitWire, SearchResponseWire, SearchWhyWire, WhyWire };

export interface DocumentToPut {
  readonly content: string | { readonly base64: string };
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly permissions?: "public" | readonly string[];
  readonly tenant?: string;
  readonly archived?: boolean;
}

export interface Question {
  readonly query: string;
  readonly limit?: number;
  readonly per?: "document" | "chunk";
  readonly filter?: object;
  readonly sources?: readonly string[];
  readonly tenant?: string;
  readonly principals?: readonly string[];
  readonly after?: string | readonly string[];
  readonly waitMs?: number;
  readonly generation?: string;
  readonly exact?: boolean;
}

/** What was answered in place of what was asked for. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;
  readonly problem: Problem;

  constructor(what: string, status: number, problem: Problem) {
    super(`${what}: ${status} ${JSON.stringify(problem)}`);
    this.status = status;
    this.problem = problem;
  }
}

export class TidemarkApi {
  readonly #url: string;
  readonly #key: string | null;
  readonly #workers: readonly string[];

  /** `workers` are the addresses of other processes that count what they do. */
  constructor(url: string, key: string | null = null, workers: readonly string[] = []) {
    this.#url = url;
    this.#key = key;
    this.#workers = workers;
  }

  /** The same, asked with a key. */
  withKey(key: string): TidemarkApi {
    return new TidemarkApi(this.#url, key, this.#workers);
  }

  search(question: Question): Promise<SearchResponseWire> {
    return this.#ask("POST", "/v1/search", question);
  }

  put(source: string, key: string, document: DocumentToPut): Promise<AcceptedWire> {
    return this.#ask("PUT", documentPath(source, key), document);
  }

  patch(
    source: string,
    key: string,
    facet: Pick<DocumentToPut, "metadata" | "permissions">,
  ): Promise<AcceptedWire> {
    return this.#ask("PATCH", documentPath(source, key), facet);
  }

  remove(source: string, key: string): Promise<AcceptedWire> {
    return this.#ask("DELETE", documentPath(source, key));
  }

  document(
    source: string,
    key: string,
  ): Promise<{ readonly standing: string; readonly manifest: ManifestWire }> {
    return this.#ask("GET", documentPath(source, key));
  }

  /** One document a line; a string is sent as it is. */
  async bulk(
    source: string,
    lines: readonly (string | (DocumentToPut & { readonly key: string }))[],
  ): Promise<{ readonly status: number; readonly answers: readonly LineAnswer[] }> {
    const response = await this.#fetch("POST", `/v1/sources/${source}/documents`, {
      type: "application/x-ndjson",
      body: lines
        .map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`)
        .join(""),
    });
    const text = await response.text();
    if (!response.ok) throw new ApiError("bulk", response.status, JSON.parse(text) as Problem);
    const answers = text.trimEnd().split("\n");
    return {
      status: response.status,
      answers: answers.map((answer) => JSON.parse(answer) as LineAnswer),
    };
  }

  why(documentId: string): Promise<WhyWire> {
    return this.#ask("GET", `/v1/why/${encodeKey(documentId)}`);
  }

  /** Why a search lacks a document. */
  whySearch(question: Question & { readonly expect: string }): Promise<SearchWhyWire> {
    return this.#ask("POST", "/v1/why", question);
  }

  costs(): Promise<CostsWire> {
    return this.#ask("GET", "/v1/costs");
  }

  /** After they have run. */
  sentinels(): Promise<SentinelsWire> {
    return this.#ask("POST", "/v1/sentinels/run");
  }

  freshness(): Promise<FreshnessWire> {
    return this.#ask("GET", "/v1/freshness");
  }

  async freshnessOf(source: string): Promise<SourceFreshnessWire> {
    const { sources } = await this.freshness();
    const found = sources.find((each) => each.source === source);
    if (!found) throw new Error(`no source ${source}`);
    return found;
  }

  status(): Promise<StatusWire> {
    return this.#ask("GET", "/v1/status");
  }

  plan(): Promise<PlanWire> {
    return this.#ask("GET", "/v1/plan");
  }

  apply(): Promise<PlanWire> {
    return this.#ask("POST", "/v1/apply", {});
  }

  /** A dry run unless it says otherwise. */
  replay(request: object): Promise<ReplayWire> {
    return this.#ask("POST", "/v1/replay", request);
  }

  async replayOf(id: string): Promise<ReplayViewWire> {
    const { replays } = await this.#ask<ReplaysWire>("GET", "/v1/replays");
    const found = replays.find((each) => each.id === id);
    if (!found) throw new Error(`no replay ${id}`);
    return found;
  }

  changeReplay(
    id: string,
    change: Partial<Pick<ReplayViewWire, "perSecond" | "state">>,
  ): Promise<ReplayViewWire> {
    return this.#ask("PATCH", `/v1/replays/${id}`, change);
  }

  /** An audit of one source. */
  async audit(asked: {
    readonly source: string;
    readonly repair?: boolean;
    readonly dryRun?: boolean;
  }): Promise<AuditWire["certificates"][number]> {
    const { certificates } = await this.#ask<AuditWire>("POST", "/v1/audit", asked);
    const [certificate] = certificates;
    if (!certificate) throw new Error("no certificate was answered");
    return certificate;
  }

  async reconcile(
    source: string,
    { confirm = null }: { readonly confirm?: number | null } = {},
  ): Promise<ReconcileWire["reports"][number]> {
    const { reports } = await this.#ask<ReconcileWire>("POST", "/v1/reconcile", {
      source,
      confirm,
    });
    const [report] = reports;
    if (!report) throw new Error(`no report of ${source}`);
    return report;
  }

  async deadLetters(): Promise<readonly DeadLetterWire[]> {
    const { deadLetters } = await this.#ask<{ deadLetters: readonly DeadLetterWire[] }>(
      "GET",
      "/v1/dead-letters",
    );
    return deadLetters;
  }

  /** The sum of a counter or gauge over its labels and all processes. */
  async metric(name: string): Promise<number> {
    const each = [this.#url, ...this.#workers].map(async (url) => {
      const response = await fetch(`${url}/metrics`, { headers: this.#headers() });
      return response.text();
    });
    return (await Promise.all(each))
      .flatMap((text) => text.split("\n"))
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  }

  /** What the process that is asked finds right and wrong. */
  async doctor(): Promise<DoctorWire["findings"]> {
    const { findings } = await this.#ask<DoctorWire>("GET", "/v1/doctor");
    return findings;
  }

  async isReady(): Promise<boolean> {
    return (await this.#fetch("GET", "/readyz")).ok;
  }

  async #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.#fetch(
      method,
      path,
      body === undefined ? null : { type: "application/json", body: JSON.stringify(body) },
    );
    const answer: unknown = await response.json();
    if (!response.ok) throw new ApiError(`${method} ${path}`, response.status, answer as Problem);
    return answer as T;
  }

  #fetch(
    method: string,
    path: string,
    sent: { readonly type: string; readonly body: string } | null = null,
  ): Promise<Response> {
    return fetch(`${this.#url}${path}`, {
      method,
      headers: {
        ...this.#headers(),
        ...(sent === null ? {} : { "content-type": sent.type }),
      },
      ...(sent === null ? {} : { body: sent.body }),
    });
  }

  #headers(): Readonly<Record<string, string>> {
    return this.#key === null ? {} : { authorization: `Bearer ${this.#key}` };
  }
}

function documentPath(source: string, key: string): string {
  return `/v1/sources/${source}/documents/${encodeKey(key)}`;
}

function encodeKey(key: string): string {
  return key.split("/").map(encodeURIComponent).join("/");
}
