/** Where a process may listen: anywhere with keys, on this machine alone without. */
import { isLoopback } from "@tidemark/runtime";
import type { KeyRecord } from "./key-record.ts";

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
