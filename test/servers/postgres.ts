/**
 * A real Postgres for tests: the one that `TIDEMARK_TEST_POSTGRES` names (the URL of a superuser, on
 * a server with `wal_level=logical`), else a container where Docker has the image, else a cluster of
 * our own from the programs that are installed.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { chown, cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { GenericContainer, Wait } from "testcontainers";
import { firstFound, type Finding } from "./available.ts";
import { absenceOfImage } from "./container-image.ts";
import { freePorts } from "./free-port.ts";
import { postgresPrograms } from "./postgres-install.ts";
import { ServerProcess } from "./server-process.ts";

const run = promisify(execFile);

const name = "postgres";
const image = "postgres:15-alpine";
const containerPort = 5_432;

/** By name, as Postgres has them. */
export type PostgresSettings = Readonly<Record<string, string | number>>;

const testSettings: PostgresSettings = {
  wal_level: "logical",
  max_wal_senders: 20,
  max_replication_slots: 20,
  max_connections: 200,
  max_prepared_transactions: 10,
  // What is lost with the machine is of no interest here.
  fsync: "off",
};

export interface PostgresServer extends AsyncDisposable {
  /** Of a superuser, in the database `postgres`; `databaseUrl` has it for another. */
  readonly url: string;
}

export function findPostgres(): Promise<Finding<PostgresServer>> {
  return firstFound<PostgresServer>(name, [findNamed, findContainer, findLocalPostgres]);
}

/** One that a test can stop, start again, pause, set back and give other settings. */
export async function findLocalPostgres(
  settings: PostgresSettings = {},
): Promise<Finding<LocalPostgres>> {
  return postgresPrograms()
    ? { kind: "found", name, start: () => LocalPostgres.start(settings) }
    : { kind: "absent", name, reason: "run `node test/servers/install.ts postgres` as root" };
}

/** The same server, another database. */
export function databaseUrl(server: PostgresServer, database: string): string {
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  return url.href;
}

async function findNamed(): Promise<Finding<PostgresServer>> {
  const url = process.env["TIDEMARK_TEST_POSTGRES"];
  if (!url) return { kind: "absent", name, reason: "TIDEMARK_TEST_POSTGRES is not set" };
  const start = async () => ({ url, [Symbol.asyncDispose]: async () => {} });
  return { kind: "found", name, start };
}

async function findContainer(): Promise<Finding<PostgresServer>> {
  const absence = await absenceOfImage(image);
  return absence
    ? { kind: "absent", name, reason: absence }
    : { kind: "found", name, start: startContainer };
}

async function startContainer(): Promise<PostgresServer> {
  const container = await new GenericContainer(image)
    .withEnvironment({ POSTGRES_HOST_AUTH_METHOD: "trust" })
    .withCommand(argumentsOf(testSettings))
    .withExposedPorts(containerPort)
    // It starts once for its scripts, and then for good.
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/u, 2))
    .start();
  return {
    url: `postgres://postgres@127.0.0.1:${container.getMappedPort(containerPort)}/postgres`,
    [Symbol.asyncDispose]: async () => {
      await container.stop();
    },
  };
}

interface Place {
  readonly programs: string;
  readonly folder: string;
  readonly port: number;
  /** The server refuses to run as root. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
}

export class LocalPostgres implements PostgresServer {
  readonly url: string;
  readonly #place: Place;
  #settings: PostgresSettings;
  #process: ServerProcess;

  private constructor(place: Place, settings: PostgresSettings, process: ServerProcess) {
    this.url = `postgres://postgres@127.0.0.1:${place.port}/postgres`;
    this.#place = place;
    this.#settings = settings;
    this.#process = process;
  }

  static async start(settings: PostgresSettings = {}): Promise<LocalPostgres> {
    const programs = postgresPrograms();
    if (!programs) throw new Error("no Postgres server is installed");
    const [port = 0] = await freePorts(1);
    const folder = await mkdtemp(join(tmpdir(), "tidemark-postgres-"));
    const place = { programs, folder, port, user: await userOfServer() };
    if (place.user) await chown(folder, place.user.uid, place.user.gid);
    const fresh = ["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8"];
    const init = ["-D", dataOf(place), "--locale=C.UTF-8", ...fresh];
    await run(join(programs, "initdb"), init, { ...place.user, cwd: folder });
    return new LocalPostgres(place, settings, await startIn(place, settings));
  }

  /** Takes it away as a crash does, or in order. */
  async stop(how: "in order" | "killed" = "in order"): Promise<void> {
    // Killed itself, it would leave its children, and the memory they share, for a while.
    await (how === "killed" ? this.#process.kill("SIGQUIT") : this.#process.stop());
  }

  /** Starts it after `stop`, on the data it has, at the same address; with other settings too. */
  async resume(settings: PostgresSettings = {}): Promise<void> {
    this.#settings = { ...this.#settings, ...settings };
    this.#process = await startIn(this.#place, this.#settings);
  }

  async restart(settings: PostgresSettings = {}): Promise<void> {
    await this.stop();
    await this.resume(settings);
  }

  /** It answers nothing for as long as `body` takes; connections stay open. */
  async whilePaused<T>(body: () => Promise<T>): Promise<T> {
    const { pid = 0 } = this.#process;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
      .trim()
      .split(" ")
      .map(Number);
    await this.#process.pause();
    for (const child of children) signal(child, "SIGSTOP");
    try {
      return await body();
    } finally {
      for (const child of children) signal(child, "SIGCONT");
      this.#process.resume();
    }
  }

  /** A copy of all its data at this moment, for `setBack`. */
  async backUp(): Promise<void> {
    await this.stop();
    await rm(this.#backup, { recursive: true, force: true });
    await this.#copy(dataOf(this.#place), this.#backup);
    await this.resume();
  }

  /** What it held when it was backed up: an earlier state under the same identity. */
  async setBack(): Promise<void> {
    await this.stop();
    await rm(dataOf(this.#place), { recursive: true });
    await this.#copy(this.#backup, dataOf(this.#place));
    await this.resume();
  }

  /** Runs one of the server's own programs as whoever it runs as, such as `pg_basebackup`. */
  async runProgram(program: string, args: readonly string[]): Promise<string> {
    const { folder, programs, user } = this.#place;
    return (await run(join(programs, program), args, { ...user, cwd: folder })).stdout;
  }

  get dataFolder(): string {
    return dataOf(this.#place);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    await rm(this.#place.folder, { recursive: true, force: true });
  }

  get #backup(): string {
    return join(this.#place.folder, "backup");
  }

  async #copy(from: string, to: string): Promise<void> {
    const { user } = this.#place;
    if (!user) return cp(from, to, { recursive: true, preserveTimestamps: true });
    await run("cp", ["-a", from, to]);
  }
}

function dataOf({ folder }: Place): string {
  return join(folder, "data");
}

async function startIn(place: Place, settings: PostgresSettings): Promise<ServerProcess> {
  const { folder, port, programs, user } = place;
  const own = { listen_addresses: "127.0.0.1", port, unix_socket_directories: "" };
  const address = ["-h", "127.0.0.1", "-p", String(port), "-q"];
  return ServerProcess.start({
    program: join(programs, "postgres"),
    args: ["-D", dataOf(place), ...argumentsOf({ ...testSettings, ...settings, ...own })],
    cwd: folder,
    user,
    // A fast shutdown: it does not wait until everybody has left.
    stopSignal: "SIGINT",
    ready: async () => {
      await run(join(programs, "pg_isready"), address);
      return true;
    },
  });
}

function argumentsOf(settings: PostgresSettings): string[] {
  return Object.entries(settings).flatMap(([setting, value]) => ["-c", `${setting}=${value}`]);
}

/** Null where the tests do not run as root. */
export async function userOfServer(): Promise<Place["user"]> {
  if (process.getuid?.() !== 0) return null;
  for (const user of ["postgres", "nobody"]) {
    try {
      const ids = await Promise.all(["-u", "-g"].map((which) => run("id", [which, user])));
      const [uid = 0, gid = 0] = ids.map(({ stdout }) => Number(stdout));
      return { uid, gid };
    } catch {
      // There is no such user: the next.
    }
  }
  throw new Error("the server does not run as root, and there is neither postgres nor nobody");
}

function signal(pid: number, which: NodeJS.Signals): void {
  try {
    process.kill(pid, which);
  } catch (error) {
    // It has ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
