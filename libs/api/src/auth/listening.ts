/** Where a process may listen: anywhere with keys, on this machine alone without. */
import { ExitError, exitCodes, isLoopback, type ServerConfig } from "@tidemark/runtime";
import type { KeyRecord } from "./key-record.ts";
import { parseKeys } from "./parse-keys.ts";

export type ListeningDecision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: string; readonly fix: string };

export function mayListen(input: {
  readonly host: string;
  readonly keys: readonly KeyRecord[] | null;
}): ListeningDecision {
  if (isLoopback(input.host)) return { allowed: true };
  if (input.keys === null) {
    return {
      allowed: false,
      reason: `${input.host} can be reached from other machines, and no keys are configured`,
      fix: "listen on 127.0.0.1, or make a key with `tidemark keys create` and set server.keys",
    };
  }
  if (input.keys.length === 0) {
    return {
      allowed: false,
      reason: "server.keys names no key, so nobody could ask anything",
      fix: "make one with `tidemark keys create NAME --file PATH`",
    };
  }
  return { allowed: true };
}

/** @throws ExitError naming every line that cannot be read; never a key or a hash. */
function readableKeys(text: string): readonly KeyRecord[] {
  try {
    return parseKeys(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ExitError(exitCodes.config, `server.${error.message}`, { cause: error });
  }
}

/**
 * Where a process listens, and with which keys, as configured or as told otherwise.
 * @throws ExitError when it may not, or its keys cannot be read
 */
export function listeningOf(
  server: Pick<ServerConfig, "keys" | "listen">,
  told: { readonly host: string | null; readonly port: number | null },
): {
  readonly host: string;
  readonly port: number;
  readonly keys: readonly KeyRecord[] | null;
} {
  const keys = server.keys ? readableKeys(server.keys.reveal()) : null;
  const host = told.host ?? server.listen.host;
  const port = told.port ?? server.listen.port;
  const decision = mayListen({ host, keys });
  if (decision.allowed) return { host, port, keys };
  throw new ExitError(exitCodes.config, `${decision.reason}; ${decision.fix}`);
}
