/** A database of the config as a source: its rows, as they change. */
import { everyTenant, sha256Hex, sourceName } from "@tidemark/domain";
import { reconcileDatabaseCall, RemoteSourceLine, type ServedSource } from "@tidemark/pipeline";
import { PostgresLine, RowProbe } from "@tidemark/postgres";
import { tableMappings, type TableMapping } from "@tidemark/rows";
import type { PostgresSourceConfig } from "@tidemark/runtime";
import { askerOf } from "./probe-asker.ts";
import {
  limitsOf,
  type OpenedProbe,
  type OpenedSource,
  type SourcesOptions,
} from "./source-options.ts";
import { servedRows } from "./served-rows.ts";

export function openPostgresSource(
  options: SourcesOptions,
  source: PostgresSourceConfig,
): OpenedSource {
  const { remoteDatabases } = options;
  const name = sourceName(source.name);
  const mappings = tableMappings(source.tables, {
    tenant: everyTenant,
    permissions: source.permissions,
  });
  if (remoteDatabases) {
    const line = new RemoteSourceLine(name, {
      ...options,
      ...remoteDatabases,
      reconcile: reconcileDatabaseCall,
    });
    const served = servedRows(source, mappings, {
      line,
      observedUpToMs: () => line.scannedAtMs,
    });
    const probe = probeOf(options, source, { served, mappings });
    return { served, from: null, contents: null, line: null, probe };
  }
  const ownName = `tidemark_${name.toLowerCase().replaceAll(/[^a-z0-9_]/gu, "_")}`.slice(0, 63);
  const { publication, slot = ownName } = source.replication;
  const line = new PostgresLine({
    ...options,
    source: name,
    url: source.url.reveal(),
    slot,
    publication: publication ?? slot,
    mappings,
    mappingDigest: digestOf(mappings),
    slotBytesMax: source.slotBytesMax,
    limits: limitsOf(source.hold),
    slotKeeps: (bytes) => options.slotKeeps(name, bytes),
    standsBy: () => options.standsBy(name),
  });
  const served = servedRows(source, mappings, {
    line,
    observedUpToMs: () => line.completeToMs,
  });
  const restates = {
    source: name,
    state: line.state.bind(line),
    reading: line.reading.bind(line),
  };
  const probe = probeOf(options, source, { served, mappings });
  return { served, from: null, contents: null, line, restates, probe };
}

/** Null where it has none. */
function probeOf(
  { config, probes }: SourcesOptions,
  { name, probe, url }: PostgresSourceConfig,
  {
    mappings,
    served,
  }: {
    readonly served: ServedSource;
    readonly mappings: ReadonlyMap<string, TableMapping>;
  },
): OpenedProbe | null {
  const mapping = probe && mappings.get(probe.table);
  if (!mapping || !probes) return null;
  const { column, row } = probe;
  const { permissions, tenant } = mapping;
  const asker = askerOf(
    {
      tenant:
        tenant.kind === "column"
          ? String(row[tenant.column])
          : tenant.tenant === everyTenant
            ? null
            : tenant.tenant,
      principals:
        permissions.kind === "column"
          ? [row[permissions.column] ?? []].flat().map(String)
          : permissions.kind === "only"
            ? permissions.principals
            : null,
    },
    { ...served, tenantsRequired: config.tenants.required },
  );
  const target = new RowProbe({ url: url.reveal(), source: name, mapping, column, row });
  return { target, asker, pace: probe };
}

/** What is mapped otherwise is stated anew, as if it were another source. */
function digestOf(mappings: ReadonlyMap<string, TableMapping>): string {
  return sha256Hex(JSON.stringify([...mappings])).slice(0, 16);
}
