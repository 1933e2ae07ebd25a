/**
 * Tidemark as its users have it: a folder that they change, and an address that they ask. Scenarios
 * know nothing else, so that they hold for whatever runs behind it.
 */
import type { TidemarkApi } from "./tidemark-api.ts";

/** Sources as the config file has them; the folder of the deployment is `files`. */
export interface DeploymentOptions {
  /** What the config says of `files`, besides its kind and path. */
  readonly files?: Readonly<Record<string, unknown>>;
  /** Other sources; a pushed one named `app` when absent. */
  readonly sources?: Readonly<Record<string, object>>;
  /** Every other section of the config file. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Files that the config refers to as `${file:secrets/<name>}`. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** What the folder holds before the start. */
  readonly documents?: Readonly<Record<string, string | Uint8Array>>;
  /** What every process has in its environment besides. */
  readonly environment?: NodeJS.ProcessEnv;
}

export interface Deployment extends AsyncDisposable {
  readonly api: TidemarkApi;
  /** What its processes said of late. */
  log(): string;
  putFile(key: string, content: string | Uint8Array): Promise<void>;
  deleteFile(key: string): Promise<void>;
  /** Files and directories alike. */
  moveFile(from: string, to: string): Promise<void>;
  /** Takes the folder away, leaving nothing or an empty directory in its place. */
  unmount(leaving: "nothing" | "empty"): Promise<void>;
  remount(): Promise<void>;
  /** Takes another config from now on, as an operator who edits the file and restarts. */
  reconfigure(options: DeploymentOptions): Promise<void>;
  /** Stops in peace, and starts again with what was kept; meanwhile nobody answers. */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
  /** Ends as a loss of power would, and starts again with what was kept. */
  crash(meanwhile?: () => Promise<void>): Promise<void>;
}

export type StartDeployment = (options?: DeploymentOptions) => Promise<Deployment>;
