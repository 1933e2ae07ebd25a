/** The folder, the config files and the secrets of one deployment, in a place of their own. */
import { mkdir, mkdtemp, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { DeploymentOptions } from "./deployment.ts";

/** Changes of a document that follow one another are not what most tests are about. */
const shortWindow = { wait: "20ms", max: 100 };

export class DeploymentHome implements AsyncDisposable {
  readonly path: string;
  readonly #overlay: object | null;

  private constructor(path: string, overlay: object | null) {
    this.path = path;
    this.#overlay = overlay;
  }

  /** `overlay` is a second config file, laid over what the options say. */
  static async make(
    options: DeploymentOptions,
    overlay: object | null = null,
  ): Promise<DeploymentHome> {
    const home = new DeploymentHome(await mkdtemp(join(tmpdir(), "tidemark-e2e-")), overlay);
    try {
      await mkdir(home.#root);
      for (const [key, content] of Object.entries(options.documents ?? {})) {
        await home.putFile(key, content);
      }
      for (const [name, secret] of Object.entries(options.secrets ?? {})) {
        await write(join(home.path, "secrets", name), secret);
      }
      await home.configure(options);
      return home;
    } catch (error) {
      await home[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** In the order in which they are laid over each other. */
  get configFiles(): readonly string[] {
    const names = this.#overlay ? ["tidemark.yaml", "cluster.yaml"] : ["tidemark.yaml"];
    return names.map((name) => join(this.path, name));
  }

  async configure(options: DeploymentOptions): Promise<void> {
    for (const [at, config] of [configOf(this.#root, options), this.#overlay].entries()) {
      const file = this.configFiles[at];
      if (file && config) await writeFile(file, this.#text(config));
    }
  }

  /** Where a document of the folder lies. */
  at(key: string): string {
    return join(this.#root, key);
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
    await rename(this.#root, join(this.path, "away"));
    if (leaving === "empty") await mkdir(this.#root);
  }

  async remount(): Promise<void> {
    await rmdir(this.#root).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    await rename(join(this.path, "away"), this.#root);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  get #root(): string {
    return join(this.path, "root");
  }

  /** JSON is YAML. */
  #text(config: object): string {
    return JSON.stringify(config).replaceAll("${file:secrets/", `\${file:${this.path}/secrets/`);
  }
}

async function write(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

function configOf(root: string, options: DeploymentOptions): object {
  const files = { kind: "folder", path: root, permissions: "public", tenant: "*" };
  return {
    version: 1,
    defaults: { window: shortWindow },
    ...options.config,
    sources: {
      files: { ...files, ...options.files },
      ...(options.sources ?? { app: { kind: "push", permissions: "public", tenant: "*" } }),
    },
  };
}
