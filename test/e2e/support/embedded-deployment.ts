/** The one process, on a folder and a data directory of its own. */
import { mkdir, mkdtemp, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Deployment, DeploymentOptions } from "./deployment.ts";
import type { TidemarkApi } from "./tidemark-api.ts";
import { TidemarkProcess } from "./tidemark-process.ts";

/** Changes of a document that follow one another are not what most tests are about. */
const shortWindow = { wait: "20ms", max: 100 };

export class EmbeddedDeployment implements Deployment {
  readonly #home: string;
  #process: TidemarkProcess;

  private constructor(home: string, process: TidemarkProcess) {
    this.#home = home;
    this.#process = process;
  }

  static async start(options: DeploymentOptions = {}): Promise<EmbeddedDeployment> {
    const home = await mkdtemp(join(tmpdir(), "tidemark-e2e-"));
    try {
      await mkdir(join(home, "root"));
      for (const [key, content] of Object.entries(options.documents ?? {})) {
        await write(join(home, "root", key), content);
      }
      for (const [name, secret] of Object.entries(options.secrets ?? {})) {
        await write(join(home, "secrets", name), secret);
      }
      await writeFile(join(home, "tidemark.yaml"), configOf(home, options));
      return new EmbeddedDeployment(home, await startAt(home));
    } catch (error) {
      await rm(home, { recursive: true, force: true });
      throw error;
    }
  }

  get api(): TidemarkApi {
    return this.#process.api;
  }

  get process(): TidemarkProcess {
    return this.#process;
  }

  get dataDirectory(): string {
    return join(this.#home, "data");
  }

  get configFile(): string {
    return join(this.#home, "tidemark.yaml");
  }

  /** Where a document of the folder lies. */
  at(key: string): string {
    return join(this.#home, "root", key);
  }

  putFile(key: string, content: string | Uint8Array): Promise<void> {
    return write(this.at(key), content);
  }

  deleteFile(key: string): Promise<void> {
    return rm(this.at(key), { recursive: true });
  }

  async moveFile(from: string, to: string): Promise<void> {
    await mkdir(dirname(this.at(to)), { recursive: true });
    await rename(this.at(from), this.at(to));
  }

  async unmount(leaving: "nothing" | "empty"): Promise<void> {
    await rename(join(this.#home, "root"), join(this.#home, "away"));
    if (leaving === "empty") await mkdir(join(this.#home, "root"));
  }

  async remount(): Promise<void> {
    await rmdir(join(this.#home, "root")).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    await rename(join(this.#home, "away"), join(this.#home, "root"));
  }

  async reconfigure(options: DeploymentOptions): Promise<void> {
    await this.restart(() => writeFile(this.configFile, configOf(this.#home, options)));
  }

  async restart(meanwhile?: () => Promise<void>): Promise<void> {
    const exitCode = await this.#process.stop();
    if (exitCode !== 0) {
      throw new Error(`it stopped with exit code ${exitCode}:\n${this.#process.output}`);
    }
    await meanwhile?.();
    this.#process = await startAt(this.#home);
  }

  async crash(meanwhile?: () => Promise<void>): Promise<void> {
    await this.#process.kill();
    await meanwhile?.();
    this.#process = await startAt(this.#home);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.kill();
    await rm(this.#home, { recursive: true, force: true });
  }
}

function startAt(home: string): Promise<TidemarkProcess> {
  return TidemarkProcess.start({
    dataDirectory: join(home, "data"),
    configFiles: [join(home, "tidemark.yaml")],
  });
}

async function write(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

/** JSON is YAML. */
function configOf(home: string, options: DeploymentOptions): string {
  const files = { kind: "folder", path: join(home, "root"), permissions: "public", tenant: "*" };
  const config = JSON.stringify({
    version: 1,
    defaults: { window: shortWindow },
    ...options.config,
    sources: {
      files: { ...files, ...options.files },
      ...(options.sources ?? { app: { kind: "push", permissions: "public", tenant: "*" } }),
    },
  });
  return config.replaceAll("${file:secrets/", `\${file:${home}/secrets/`);
}
