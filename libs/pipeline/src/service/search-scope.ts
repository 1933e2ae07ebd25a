/** Which sources a search is about, and whether it says enough of who asks. */
import { everyTenant, type SourceName } from "@tidemark/domain";
import { RequestError, type SearchRequest } from "../operations.ts";
import type { ServedSource } from "./served-source.ts";

/** @throws RequestError for a source that is not configured */
export function sourceNamed(
  sources: ReadonlyMap<SourceName, ServedSource>,
  name: SourceName,
): ServedSource {
  const source = sources.get(name);
  if (source) return source;
  const known = [...sources.keys()].join(", ");
  throw new RequestError(404, "unknown-source", `no source ${name}; there are: ${known}`);
}

/** All of them unless the request names some. */
export function sourcesInScope(
  { sources }: Pick<SearchRequest, "sources">,
  served: ReadonlyMap<SourceName, ServedSource>,
): readonly ServedSource[] {
  const all = [...served.values()];
  return sources ? all.filter(({ name }) => sources.includes(name)) : all;
}

/** @throws RequestError where a source in scope declares what the request leaves open */
export function refuseUndeclared(
  request: Pick<SearchRequest, "principals" | "tenant">,
  scope: readonly ServedSource[],
  { tenantsRequired }: { readonly tenantsRequired: boolean },
): void {
  const needsTenant = tenantsRequired || scope.some(({ declaresTenants }) => declaresTenants);
  if (needsTenant && request.tenant === null) {
    throw new RequestError(
      400,
      "tenant-required",
      'these sources have tenants: name one in "tenant"; nothing searches all of them',
    );
  }
  if (request.tenant === everyTenant) {
    throw new RequestError(400, "tenant-required", 'a search is for one tenant, not for "*"');
  }
  if (request.principals === null && scope.some((source) => source.declaresPermissions)) {
    throw new RequestError(
      400,
      "principals-required",
      'these sources have permissions: say who asks in "principals", [] for nobody in particular',
    );
  }
}
