/** The one process, on a folder and a data directory of its own. */
import { join } from "node:path";
import { DeploymentHome } from "./deployment-home.ts";
import type { Deployment, DeploymentOptions } from "./deployment.ts";
import type { TidemarkApi } from "./tidemark-api.ts";
import { TidemarkProcess } from "./tidemark-process.ts";

export class EmbeddedDeployment implements Deployment {
  readonly #home: DeploymentHome;
  readonly #environment: NodeJS.ProcessEnv;
  #process: TidemarkProcess;

  private constructor(
    home: DeploymentHome,
    environment: NodeJS.ProcessEnv,
    process: TidemarkProcess,
  ) {
    this.#home = home;
    this.#environment = environment;
    this.#process = process;
  }

  static async start(options: DeploymentOptions = {}): Promise<EmbeddedDeployment> {
    const home = await DeploymentHome.make(options);
    const environment = options.environment ?? {};
    try {
      return new EmbeddedDeployment(home, environment, await startAt(home, environment));
    } catch (error) {
      await home[Symbol.asyncDispose]();
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
    return dataOf(this.#home);
  }

  get configFiles(): readonly string[] {
    return this.#home.configFiles;
  }

  log(): string {
    return this.#process.output;
  }

  /** Where a document of the folder lies. */
  at(key: string): string {
    return this.#home.at(key);
  }

  putFile(key: string, content: string | Uint8Array): Promise<void> {
    return this.#home.putFile(key, content);
  }

  deleteFile(key: string): Promise<void> {
    return this.#home.deleteFile(key);
  }

  moveFile(from: string, to: string): Promise<void> {
    return this.#home.moveFile(from, to);
  }

  unmount(leaving: "nothing" | "empty"): Promise<void> {
    return this.#home.unmount(leaving);
  }

  remount(): Promise<void> {
    return this.#home.remount();
  }

  reconfigure(options: DeploymentOptions): Promise<void> {
    return this.restart(() => this.#home.configure(options));
  }

  async restart(meanwhile?: () => Promise<void>): Promise<void> {
    const exitCode = await this.#process.stop();
    if (exitCode !== 0) {
      throw new Error(`it stopped with exit code ${exitCode}:\n${this.#process.output}`);
    }
    await meanwhile?.();
    this.#process = await startAt(this.#home, this.#environment);
  }

  async crash(meanwhile?: () => Promise<void>): Promise<void> {
    await this.#process.kill();
    await meanwhile?.();
    this.#process = await startAt(this.#home, this.#environment);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.kill();
    await this.#home[Symbol.asyncDispose]();
  }
}

function startAt(home: DeploymentHome, environment: NodeJS.ProcessEnv): Promise<TidemarkProcess> {
  const { configFiles } = home;
  return TidemarkProcess.start({ dataDirectory: dataOf(home), configFiles }, environment);
}

function dataOf(home: DeploymentHome): string {
  return join(home.path, "data");
}
