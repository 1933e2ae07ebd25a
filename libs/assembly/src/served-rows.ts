/** A source whose documents are rows of tables, whoever reads them. */
import { everyTenant, sourceName } from "@tidemark/domain";
import type { ServedSource, SourceLineView } from "@tidemark/pipeline";
import type { TableMapping } from "@tidemark/rows";
import { isTenantDeclared } from "./source-options.ts";

export function servedRows(
  source: { readonly name: string; readonly kind: string },
  mappings: ReadonlyMap<string, TableMapping>,
  {
    line,
    observedUpToMs,
  }: { readonly line: SourceLineView; readonly observedUpToMs: () => number | null },
): ServedSource {
  const tables = [...mappings.values()];
  return {
    name: sourceName(source.name),
    kind: source.kind,
    declaresTenants: tables.some(
      ({ tenant }) => tenant.kind === "column" || isTenantDeclared(tenant.tenant),
    ),
    declaresPermissions: tables.some(({ permissions }) => permissions.kind !== "public"),
    defaultPermissions: { kind: "unknown" },
    defaultTenant: everyTenant,
    isStreamed: true,
    line,
    from: null,
    epoch: () => line.epoch,
    observedUpToMs,
  };
}
