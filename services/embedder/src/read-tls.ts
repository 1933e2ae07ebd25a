import { readFileSync } from "node:fs";
import type { ServerTls } from "@tidemark/rpc";
import { ExitError, exitCodes, type Config } from "@tidemark/runtime";

/** Null where none is configured. Throws `ExitError` naming a file that cannot be read. */
export function readTls({ server }: Config): ServerTls | null {
  if (server.grpcTls === undefined) return null;
  const { ca, cert, key } = server.grpcTls;
  return {
    cert: read("cert", cert),
    key: read("key", key),
    ...(ca !== undefined && { ca: read("ca", ca) }),
  };
}

function read(name: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const message = `server.grpcTls.${name}: ${path} cannot be read`;
    throw new ExitError(exitCodes.config, message, { cause: error });
  }
}
