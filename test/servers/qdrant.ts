/**
 * A real Qdrant for tests: the one that `TIDEMARK_TEST_QDRANT` names (a URL), else a container
 * where Docker has the image, else `qdrant` on PATH.
 */
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { existsSync } from "node:fs";
import { GenericContainer, Wait } from "testcontainers";
import { firstFound, type Finding } from "./available.ts";
import { absenceOfImage } from "./container-image.ts";
import { freePorts } from "./free-port.ts";
import { ServerProcess } from "./server-process.ts";

const name = "qdrant";
const image = "qdrant/qdrant:v1.18.3";
const containerPort = 6_333;

export interface QdrantServer extends AsyncDisposable {
  readonly url: string;
}

export function findQdrant(): Promise<Finding<QdrantServer>> {
  return firstFound<QdrantServer>(name, [findNamed, findContainer, findLocalQdrant]);
}

/** One that a test can stop, start again, pause, wipe and set back. */
export async function findLocalQdrant(): Promise<Finding<LocalQdrant>> {
  return isOnPath()
    ? { kind: "found", name, start: () => LocalQdrant.start() }
    : { kind: "absent", name, reason: "qdrant is not on PATH" };
}

/** Two that are one: peers of a cluster. */
export async function findQdrantPeers(): Promise<Finding<QdrantPeers>> {
  return isOnPath()
    ? { kind: "found", name, start: startPeers }
    : { kind: "absent", name, reason: "qdrant is not on PATH" };
}

async function findNamed(): Promise<Finding<QdrantServer>> {
  const url = process.env["TIDEMARK_TEST_QDRANT"];
  if (!url) return { kind: "absent", name, reason: "TIDEMARK_TEST_QDRANT is not set" };
  const start = async () => ({ url, [Symbol.asyncDispose]: async () => {} });
  return { kind: "found", name, start };
}

async function findContainer(): Promise<Finding<QdrantServer>> {
  const absence = await absenceOfImage(image);
  return absence
    ? { kind: "absent", name, reason: absence }
    : { kind: "found", name, start: startContainer };
}

async function startContainer(): Promise<QdrantServer> {
  const container = await new GenericContainer(image)
    .withEnvironment({ QDRANT__TELEMETRY_DISABLED: "true" })
    .withExposedPorts(containerPort)
    .withWaitStrategy(Wait.forHttp("/readyz", containerPort))
    .start();
  return {
    url: `http://127.0.0.1:${container.getMappedPort(containerPort)}`,
    [Symbol.asyncDispose]: async () => {
      await container.stop();
    },
  };
}

function isOnPath(): boolean {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.some((folder) => existsSync(join(folder, name)));
}

export interface LocalQdrantOptions {
  /** Beside what every one gets, as Qdrant names its settings. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** How it is asked whether it is ready; by default at its own address. */
  readonly isReady?: (url: string) => Promise<boolean>;
}

interface Place {
  readonly folder: string;
  readonly port: number;
  readonly grpcPort: number;
}

export class LocalQdrant implements QdrantServer {
  readonly url: string;
  readonly #place: Place;
  readonly #options: LocalQdrantOptions;
  #process: ServerProcess;

  private constructor(place: Place, options: LocalQdrantOptions, process: ServerProcess) {
    this.url = urlOf(place);
    this.#place = place;
    this.#options = options;
    this.#process = process;
  }

  static async start(options: LocalQdrantOptions = {}): Promise<LocalQdrant> {
    const [port = 0, grpcPort = 0] = await freePorts(2);
    const folder = await mkdtemp(join(tmpdir(), "tidemark-qdrant-"));
    const place = { folder, port, grpcPort };
    return new LocalQdrant(place, options, await startIn(place, options));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get dataDirectory(): string {
    return this.#storage;
  }

  /** Takes it away as a crash does, or in order. */
  async stop(how: "in order" | "killed" = "in order"): Promise<void> {
    await (how === "killed" ? this.#process.kill() : this.#process.stop());
  }

  /** Starts it after `stop`, on the data it has, at the same address. */
  async resume(): Promise<void> {
    this.#process = await startIn(this.#place, this.#options);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.resume();
  }

  /** It answers nothing for as long as `body` takes; connections stay open. */
  async whilePaused<T>(body: () => Promise<T>): Promise<T> {
    await this.#process.pause();
    try {
      return await body();
    } finally {
      this.#process.resume();
    }
  }

  /** The same address with none of its data. Nothing of it is worth an end in order, which takes long. */
  async wipe(): Promise<void> {
    await this.stop("killed");
    await rm(this.#storage, { recursive: true });
    await this.resume();
  }

  /** A copy of all its data at this moment, for `setBack`. */
  async backUp(): Promise<void> {
    await this.stop("killed");
    await rm(this.#backup, { recursive: true, force: true });
    await cp(this.#storage, this.#backup, { recursive: true });
    await this.resume();
  }

  /** What it held when it was backed up. */
  async setBack(): Promise<void> {
    await this.stop("killed");
    await rm(this.#storage, { recursive: true });
    await cp(this.#backup, this.#storage, { recursive: true });
    await this.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    await rm(this.#place.folder, { recursive: true, force: true });
  }

  get #storage(): string {
    return join(this.#place.folder, "storage");
  }

  get #backup(): string {
    return join(this.#place.folder, "backup");
  }
}

function urlOf({ port }: Place): string {
  return `http://127.0.0.1:${port}`;
}

async function startIn(place: Place, options: LocalQdrantOptions): Promise<ServerProcess> {
  const { folder, port, grpcPort } = place;
  const { args = [], environment = {}, isReady = isReadyAt } = options;
  await mkdir(join(folder, "storage"), { recursive: true });
  return ServerProcess.start({
    program: name,
    args,
    // It looks for its settings and its pages where it runs.
    cwd: folder,
    environment: {
      QDRANT__SERVICE__HOST: "127.0.0.1",
      QDRANT__SERVICE__HTTP_PORT: String(port),
      QDRANT__SERVICE__GRPC_PORT: String(grpcPort),
      QDRANT__STORAGE__STORAGE_PATH: join(folder, "storage"),
      QDRANT__STORAGE__SNAPSHOTS_PATH: join(folder, "snapshots"),
      QDRANT__STORAGE__TEMP_PATH: join(folder, "temporary"),
      QDRANT__TELEMETRY_DISABLED: "true",
      QDRANT__LOG_LEVEL: "WARN",
      ...environment,
    },
    ready: () => isReady(urlOf(place)),
  });
}

async function isReadyAt(url: string): Promise<boolean> {
  return (await fetch(`${url}/readyz`)).ok;
}

export interface QdrantPeers extends AsyncDisposable {
  readonly peers: readonly [LocalQdrant, LocalQdrant];
}

/** The second joins the first, and both know of each other before this resolves. */
async function startPeers(): Promise<QdrantPeers> {
  await using stack = new AsyncDisposableStack();
  const [firstPort = 0, secondPort = 0] = await freePorts(2);
  const uriOf = (port: number) => `http://127.0.0.1:${port}`;
  const peer = (port: number) => ({
    QDRANT__CLUSTER__ENABLED: "true",
    QDRANT__CLUSTER__P2P__PORT: String(port),
  });
  const first = stack.use(
    await LocalQdrant.start({
      environment: peer(firstPort),
      args: ["--uri", uriOf(firstPort)],
      isReady: async (url) => (await peersSeenBy(url)) >= 1,
    }),
  );
  const second = stack.use(
    await LocalQdrant.start({
      environment: peer(secondPort),
      args: ["--uri", uriOf(secondPort), "--bootstrap", uriOf(firstPort)],
      isReady: async (url) =>
        (await peersSeenBy(url)) === 2 && (await peersSeenBy(first.url)) === 2,
    }),
  );
  const all = stack.move();
  return { peers: [first, second], [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function peersSeenBy(url: string): Promise<number> {
  const response = await fetch(`${url}/cluster`);
  const { result } = (await response.json()) as {
    readonly result: { readonly peers?: Readonly<Record<string, unknown>> };
  };
  return Object.keys(result.peers ?? {}).length;
}
