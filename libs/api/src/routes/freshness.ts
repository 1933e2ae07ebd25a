import type { ApiApp, ServerParts } from "../api-app.ts";
import { mayTouchTenant, type Rights } from "../auth/rights.ts";
import { withIsoInstants } from "../instants.ts";
import { freshnessSchema, type FreshnessWire } from "../wire/freshness-wire.ts";

type Pending = FreshnessWire["sources"][number]["pendingChanges"];
type Probed = FreshnessWire["sources"][number]["probe"];

/** Tenants of others are nobody's business, and names of documents are the operator's. */
function pendingFor(rights: Rights, pending: Pending): Pending {
  if (!pending) return null;
  const mayKnow = (tenant: string | null) => tenant === null || mayTouchTenant(rights, tenant);
  const { objectives, oldest, tenants } = pending;
  const isOperator = rights.scopes.includes("admin");
  return {
    ...pending,
    oldest: oldest && {
      ...oldest,
      documentId: isOperator ? oldest.documentId : null,
      tenant: mayKnow(oldest.tenant) ? oldest.tenant : null,
    },
    tenants: tenants.filter(({ tenant }) => mayKnow(tenant)),
    objectives: objectives.filter(({ tenant }) => mayKnow(tenant)),
  };
}

/** What a source or a gateway says of itself is the operator's. */
function probeFor(rights: Rights, probe: Probed): Probed {
  return probe && { ...probe, reason: rights.scopes.includes("admin") ? probe.reason : null };
}

export function freshnessRoutes(app: ApiApp, { operations }: ServerParts): void {
  app.get(
    "/v1/freshness",
    {
      config: { access: "anyKey" },
      schema: {
        tags: ["freshness"],
        summary: "How far behind its sources the index is",
        response: { 200: freshnessSchema },
      },
    },
    async ({ rights }) => {
      const report = withIsoInstants(await operations.freshness());
      const allowed = rights.sources;
      const own = report.sources.filter(
        ({ source }) => allowed === "*" || allowed.includes(source),
      );
      const sources = own.map((source) => ({
        ...source,
        pendingChanges: pendingFor(rights, source.pendingChanges),
        tenants: source.tenants.filter(({ tenant }) => mayTouchTenant(rights, tenant)),
        probe: probeFor(rights, source.probe),
      }));
      return { ...report, sources };
    },
  );
}
