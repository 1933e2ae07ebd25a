/** Who asks, and whether the route is theirs. A route that does not say is for admins alone. */
import { RequestError } from "@tidemark/pipeline";
import type { FastifyRequest } from "fastify";
import type { Access, ApiApp, HealthParts } from "./api-app.ts";
import { refusalOfKeylessRequest } from "./auth/browser-guard.ts";
import { findKey, type KeyRecord } from "./auth/key-record.ts";
import { everyRight, requireScope, type Rights } from "./auth/rights.ts";
import { bounds } from "./bounds.ts";

const nobody: Rights = { name: "-", scopes: [], tenants: [], principals: [], sources: [] };

export function registerAccess(app: ApiApp, { keys }: HealthParts): void {
  // Shared by all requests until one is let in; it can do nothing.
  app.decorateRequest("rights", { getter: () => nobody });
  app.addHook("onRequest", async (request) => {
    if (keys === null) guardLoopback(request);
    if (request.headers["content-encoding"] !== undefined) {
      const detail = "bodies are taken uncompressed";
      throw new RequestError(415, "content-encoding-not-supported", detail);
    }
    const { config } = request.routeOptions;
    const idleMs = config?.operator ? bounds.operatorIdleTimeoutMs : bounds.idleTimeoutMs;
    request.raw.socket.setTimeout?.(idleMs);
    if (request.is404) return;
    const rights = admit(accessOf(request), request, keys);
    Object.defineProperty(request, "rights", { value: rights });
  });
}

function accessOf({ routeOptions }: FastifyRequest): Access {
  const isDocs = routeOptions.url?.startsWith("/docs") ?? false;
  return routeOptions.config?.access ?? (isDocs ? "open" : "admin");
}

function admit(access: Access, request: FastifyRequest, keys: readonly KeyRecord[] | null): Rights {
  if (keys === null) return everyRight;
  if (access === "open") return nobody;
  const rights = authenticate(request.headers.authorization, keys);
  if (access !== "anyKey") requireScope(rights, access);
  return rights;
}

function authenticate(header: string | undefined, keys: readonly KeyRecord[]): Rights {
  const presented = /^Bearer +(?<key>\S{1,512})$/iu.exec(header ?? "")?.groups?.["key"];
  if (presented === undefined) {
    throw new RequestError(401, "key-missing", "send a key: Authorization: Bearer <key>");
  }
  const record = findKey(keys, presented);
  if (!record) throw new RequestError(401, "key-unknown", "this key is not known");
  return record;
}

function guardLoopback(request: FastifyRequest): void {
  const refusal = refusalOfKeylessRequest(request.headers);
  if (refusal !== null) throw new RequestError(403, "host-not-allowed", refusal);
}
