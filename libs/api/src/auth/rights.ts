/**
 * What the holder of a key may ask for. Every function returns what is to be asked in the holder's
 * name, or throws a RequestError with 403: nothing is narrowed in silence.
 */
import { sourceName, type Audience, type SourceName } from "@tidemark/domain";
import { RequestError } from "@tidemark/pipeline";
import type { KeyRecord, Scope } from "./key-record.ts";

export type Rights = Pick<KeyRecord, "name" | "scopes" | "tenants" | "principals" | "sources">;

/** Without keys only this machine is listened to, and it may do everything. */
export const everyRight: Rights = {
  name: "loopback",
  scopes: ["search", "write", "admin"],
  tenants: "*",
  principals: "*",
  sources: "*",
};

export function requireScope(rights: Rights, scope: Scope): void {
  if (rights.scopes.includes(scope) || rights.scopes.includes("admin")) return;
  throw forbidden("scope-missing", `this key has no scope "${scope}"`);
}

/**
 *   key's tenants   asked      outcome
 *   "*"             any, none  as asked
 *   one             none       that one
 *   several         none       none: only what every tenant sees
 *   a list          in it      as asked
 *   a list          not in it  403
 */
export function tenantToAsk(rights: Rights, asked: string | null): string | null {
  if (rights.tenants === "*") return asked;
  if (asked === null) return onlyOne(rights.tenants);
  requireListed(rights.tenants, asked, "tenant");
  return asked;
}

/** As for asking, except that a limited key never leaves the tenant to the source's default. */
export function tenantToWrite(rights: Rights, named: string | null): string | null {
  const tenant = tenantToAsk(rights, named);
  if (tenant === null && rights.tenants !== "*") {
    throw new RequestError(400, "tenant-required", "this key writes for several tenants: name one");
  }
  return tenant;
}

/** Fixed principals are asked as when none are named. */
export function principalsToAsk(
  rights: Rights,
  asked: readonly string[] | null,
): readonly string[] | null {
  if (rights.principals === "*") return asked;
  if (asked === null) return rights.principals;
  for (const principal of asked) requireListed(rights.principals, principal, "principal");
  return asked;
}

export function sourcesToAsk(
  rights: Rights,
  asked: readonly string[] | null,
): readonly SourceName[] | null {
  if (asked === null) return rights.sources === "*" ? null : rights.sources.map(sourceName);
  for (const source of asked) requireSource(rights, source);
  return asked.map(sourceName);
}

export function requireSource(rights: Rights, source: string): void {
  if (rights.sources !== "*") requireListed(rights.sources, source, "source");
}

/** Whether a stored document's tenant is one this key may change or read back. */
export function mayTouchTenant(rights: Rights, tenant: string): boolean {
  return rights.tenants === "*" || rights.tenants.includes(tenant);
}

/** Of whose documents the holder may be told; an admin sees everything. */
export function audienceOf({ principals, scopes, tenants }: Rights): Audience | "everything" {
  return scopes.includes("admin") ? "everything" : { principals, tenants };
}

function requireListed(
  allowed: readonly string[],
  asked: string,
  what: "tenant" | "principal" | "source",
): void {
  if (allowed.includes(asked)) return;
  throw forbidden(
    `${what}-not-allowed`,
    `this key may not ask for ${what} ${JSON.stringify(asked)}`,
  );
}

function onlyOne(names: readonly string[]): string | null {
  return names.length === 1 ? (names[0] ?? null) : null;
}

function forbidden(code: string, detail: string): RequestError {
  return new RequestError(403, code, detail);
}
