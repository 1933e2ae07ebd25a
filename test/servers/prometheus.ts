/** A real Prometheus with the repository's rules, asking one address. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Finding } from "./available.ts";
import { freePorts } from "./free-port.ts";
import { prometheusPrograms } from "./prometheus-install.ts";
import { ServerProcess } from "./server-process.ts";

const name = "prometheus";

export interface PrometheusPrograms extends AsyncDisposable {
  /** Scrapes `target` (host:port) as the job `tidemark` each second, under rules by file name. */
  readonly scrape: (
    target: string,
    rules: ReadonlyMap<string, string>,
  ) => Promise<PrometheusServer>;
}

export function findPrometheus(): Finding<PrometheusPrograms> {
  const folder = prometheusPrograms();
  if (!folder) {
    const reason = "it is not on PATH: node test/servers/install.ts prometheus";
    return { kind: "absent", name, reason };
  }
  const programs: PrometheusPrograms = {
    scrape: (target, rules) => PrometheusServer.start(join(folder, name), target, rules),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { kind: "found", name, start: () => Promise.resolve(programs) };
}

export class PrometheusServer implements AsyncDisposable {
  readonly #url: string;
  readonly #folder: string;
  readonly #process: ServerProcess;

  private constructor(url: string, folder: string, process: ServerProcess) {
    this.#url = url;
    this.#folder = folder;
    this.#process = process;
  }

  static async start(
    program: string,
    target: string,
    rules: ReadonlyMap<string, string>,
  ): Promise<PrometheusServer> {
    const folder = await mkdtemp(join(tmpdir(), "tidemark-prometheus-"));
    const [port = 0] = await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    await mkdir(join(folder, "rules"));
    for (const [file, text] of rules) await writeFile(join(folder, "rules", file), text);
    const config = {
      global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
      rule_files: ["rules/*.yml"],
      scrape_configs: [
        {
          job_name: "tidemark",
          static_configs: [{ targets: [target], labels: { service: "tidemark" } }],
        },
      ],
    };
    await writeFile(join(folder, "prometheus.yml"), stringify(config));
    const server = await ServerProcess.start({
      program,
      args: [
        `--config.file=${join(folder, "prometheus.yml")}`,
        `--storage.tsdb.path=${join(folder, "data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      ready: async () => (await fetch(`${url}/-/ready`)).ok,
    });
    return new PrometheusServer(url, folder, server);
  }

  /** The values that a query has now; what is no number is left out. */
  async values(expr: string): Promise<readonly number[]> {
    const body = new URLSearchParams({ query: expr });
    const response = await fetch(`${this.#url}/api/v1/query`, { method: "POST", body });
    const { data, error } = (await response.json()) as {
      readonly error?: string;
      readonly data?: { readonly result: readonly { readonly value: readonly [number, string] }[] };
    };
    if (!data) throw new Error(`${expr}: ${error}`);
    return data.result.map(({ value }) => Number(value[1])).filter((value) => !Number.isNaN(value));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
