/** A Postgres that speaks TLS, with a certificate of a CA that nobody else knows. */
import { execFile } from "node:child_process";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Finding } from "./available.ts";
import { absenceOf } from "./maven-jars.ts";
import { findLocalPostgres, LocalPostgres, userOfServer, type PostgresServer } from "./postgres.ts";

const run = promisify(execFile);

export interface SecurePostgres extends PostgresServer {
  /** The file of the CA's certificate. The server's own says `localhost`, and no address. */
  readonly caFile: string;
}

export async function findSecurePostgres(): Promise<Finding<SecurePostgres>> {
  const [local, absence] = [await findLocalPostgres(), await absenceOf("openssl", "version")];
  if (local.kind === "absent") return local;
  return absence
    ? { kind: "absent", name: local.name, reason: absence }
    : { kind: "found", name: local.name, start: startSecure };
}

async function startSecure(): Promise<SecurePostgres> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "tidemark-tls-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const at = (name: string) => join(folder, name);
  const openssl = (...args: readonly string[]) => run("openssl", args, { cwd: folder });
  const fresh = ["-newkey", "rsa:2048", "-nodes"];
  const ca = ["-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=tidemark test CA"];
  await openssl("req", "-x509", ...fresh, ...ca, "-days", "2");
  const own = ["-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost"];
  await openssl("req", ...fresh, ...own);
  await writeFile(at("names"), "subjectAltName=DNS:localhost");
  const by = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names"];
  await openssl("x509", "-req", "-in", "server.csr", "-out", "server.crt", ...by, "-days", "2");
  const user = await userOfServer();
  if (user) {
    for (const file of [folder, at("server.key"), at("server.crt")]) {
      await chown(file, user.uid, user.gid);
    }
  }
  const server = stack.use(
    await LocalPostgres.start({
      ssl: "on",
      ssl_cert_file: at("server.crt"),
      ssl_key_file: at("server.key"),
    }),
  );
  const all = stack.move();
  return {
    url: server.url,
    caFile: at("ca.crt"),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
