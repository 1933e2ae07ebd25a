/** The embedder service as a process of its own: started, asked, told to stop, killed. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modelDirectoryOf, openTokenizer } from "@tidemark/onnx";
import { RpcEmbedder, type RpcEmbedderOptions } from "@tidemark/rpc";
import { eventually } from "@tidemark/testing";

const program = join(import.meta.dirname, "../../../services/embedder/src/main.ts");
const startWithinMs = 60_000;
const loopback = "127.0.0.1";

export interface EmbedderProcessOptions {
  /** Below `embedders.minilm` of the config. */
  readonly minilm?: Readonly<Record<string, unknown>>;
  readonly server?: Readonly<Record<string, unknown>>;
}

type ConnectOptions = Pick<RpcEmbedderOptions, "tls" | "connectMs"> & {
  /** A model's name or directory. */
  readonly wanted?: string;
};

export class EmbedderProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #exited: Promise<number | null>;
  #output = "";

  private constructor({ minilm = {}, server = {} }: EmbedderProcessOptions) {
    this.#directory = mkdtempSync(join(tmpdir(), "tidemark-embedder-"));
    const file = join(this.#directory, "tidemark.yaml");
    const config = {
      version: 1,
      embedders: { minilm: { kind: "onnx", workers: 1, ...minilm } },
      server: { listen: `${loopback}:0`, grpc: `${loopback}:0`, log: "json", ...server },
    };
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(config));
    const flags = ["--disable-warning=ExperimentalWarning"];
    this.#child = spawn(process.execPath, [...flags, program, "--config", file], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
      });
    }
    this.#exited = once(this.#child, "close").then(([code]) => code as number | null);
  }

  /** Resolves when it answers. @throws with what it printed when it ends before */
  static async start(options: EmbedderProcessOptions = {}): Promise<EmbedderProcess> {
    const started = new EmbedderProcess(options);
    try {
      await eventually(() => started.#child.exitCode !== null || started.#running() !== undefined, {
        withinMs: startWithinMs,
      });
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
    if (started.#running() === undefined) {
      await started[Symbol.asyncDispose]();
      throw new Error(`it ended instead:\n${started.output}`);
    }
    return started;
  }

  /** For a process that must not start: its exit code and what it printed. */
  static async refused(
    options: EmbedderProcessOptions,
  ): Promise<{ readonly exitCode: number | null; readonly output: string }> {
    await using started = new EmbedderProcess(options);
    const exitCode = await started.#exited;
    return { exitCode, output: started.output };
  }

  /** Of the gRPC side, as `host:port`. */
  get grpc(): string {
    return this.#running()?.grpc ?? "";
  }

  /** Of the HTTP side. */
  get url(): string {
    return this.#running()?.address ?? "";
  }

  get output(): string {
    return this.#output;
  }

  /** A client with the tokenizer of the bundled model, unless another is named. */
  connect(options: ConnectOptions = {}): Promise<RpcEmbedder> {
    return connectTo(`dns:///${this.grpc.replace(loopback, "localhost")}`, options);
  }

  stop(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    return this.#exited;
  }

  /** Ends it as a loss of power would. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #running(): { readonly address: string; readonly grpc: string } | undefined {
    const line = this.#output.split("\n").find((each) => each.endsWith('"message":"running"}'));
    return line === undefined ? undefined : (JSON.parse(line) as { address: string; grpc: string });
  }
}

export const model = "all-MiniLM-L6-v2-int8";

export async function connectTo(
  target: string,
  { wanted = model, ...options }: ConnectOptions = {},
): Promise<RpcEmbedder> {
  const tokenizer = await openTokenizer(modelDirectoryOf(wanted));
  return RpcEmbedder.connect({ target, model: tokenizer.model, tokenizer, ...options });
}
