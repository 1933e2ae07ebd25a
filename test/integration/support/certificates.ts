/** An authority, a server and a client, made for one test and gone after it. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Finding } from "../../servers/available.ts";

export interface Certificates extends AsyncDisposable {
  /** Where a file is, such as `ca.pem`, `server.pem` or `server-key.pem`. */
  readonly path: (name: string) => string;
  readonly text: (name: string) => string;
}

export function findCertificates(): Finding<Certificates> {
  const { error, status } = spawnSync("openssl", ["version"]);
  if (status === 0) return { kind: "found", name: "openssl", start: make };
  return { kind: "absent", name: "openssl", reason: error?.message ?? "it does not run" };
}

async function make(): Promise<Certificates> {
  const directory = mkdtempSync(join(tmpdir(), "tidemark-certificates-"));
  const path = (name: string): string => join(directory, name);
  const openssl = (command: string): void => {
    execFileSync("openssl", command.trim().split(/\s+/u), { cwd: directory, stdio: "ignore" });
  };
  const key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
  openssl(`req -x509 ${key} -days 2 -subj /CN=authority -keyout ca-key.pem -out ca.pem`);
  writeFileSync(path("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  for (const name of ["server", "client"]) {
    openssl(`req ${key} -subj /CN=${name} -keyout ${name}-key.pem -out ${name}.csr`);
    openssl(
      `x509 -req -in ${name}.csr -days 2 -extfile names -CA ca.pem -CAkey ca-key.pem
       -CAcreateserial -out ${name}.pem`,
    );
  }
  return {
    path,
    text: (name) => readFileSync(path(name), "utf8"),
    [Symbol.asyncDispose]: () => {
      rmSync(directory, { recursive: true });
      return Promise.resolve();
    },
  };
}
