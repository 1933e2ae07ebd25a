import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPem } from "./read-pem.ts";

test("files that are named are read, and one that is not there is named with its key", () => {
  const directory = mkdtempSync(join(tmpdir(), "tidemark-pem-"));
  try {
    const cert = join(directory, "cert.pem");
    writeFileSync(cert, "a certificate");

    expect(readPem("log.tls", { cert, ca: undefined })).toEqual({ cert: "a certificate" });
    expect(() => readPem("log.tls", { cert, key: join(directory, "none.pem") })).toThrow(
      /^log\.tls\.key: .*none\.pem cannot be read$/u,
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
