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

/**
 * Where a process listens, and with which keys, as configured or as told otherwise.
 * @throws ExitError when it may not
 */
export function listeningOf(
  server: Pick<ServerConfig, "keys" | "listen">,
  told: { readonly host: string | null; readonly port: number | null },
): {
  readonly host: string;
  readonly port: number;
  readonly keys: readonly KeyRecord[] | null;
} {
  const keys = server.keys ? parseKeys(server.keys.reveal()) : null;
  const host = told.host ?? server.listen.host;
  const port = told.port ?? server.listen.port;
  const decision = mayListen({ host, keys });
  if (decision.allowed) return { host, port, keys };
  throw new ExitError(exitCodes.config, `${decision.reason}; ${decision.fix}`);
}
