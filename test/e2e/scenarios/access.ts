/** Who may read what: sources that declare tenants or permissions, and keys that limit both. */
import { createKey, hashKey } from "@tidemark/api";
import { untilFound, untilGone } from "../support/found.ts";
import type { Deployment, StartDeployment } from "../support/deployment.ts";
import type { SearchWhyWire, TidemarkApi } from "../support/tidemark-api.ts";

const testMs = 180_000;
const waitMs = 20_000;

export function accessScenarios(name: string, start: StartDeployment): void {
  describe(`sources that declare tenants and permissions, ${name}`, () => {
    let deployment: Deployment;
    const sentence = "The cellar is locked after ten in the evening.";

    beforeAll(async () => {
      deployment = await start({
        files: { permissions: "deny", rules: [{ match: "open/**", permissions: "public" }] },
        sources: {
          acme: { kind: "push", tenant: "acme", permissions: "public" },
          many: { kind: "push", tenant: "*", permissions: "public" },
        },
        documents: { "open/cellar.md": sentence, "closed/cellar.md": sentence },
      });
    }, testMs);

    afterAll(() => deployment[Symbol.asyncDispose]());

    test(
      "a search without a tenant is refused where a source in scope declares one",
      async () => {
        const { api } = deployment;
        const refusal = { status: 400, problem: { code: "tenant-required" } };

        await expect(api.search({ query: sentence, principals: [] })).rejects.toMatchObject(
          refusal,
        );
        await expect(api.search({ query: sentence, sources: ["acme"] })).rejects.toMatchObject(
          refusal,
        );
        await expect(
          api.search({ query: sentence, tenant: "*", principals: [] }),
        ).rejects.toMatchObject(refusal);
        expect(await api.search({ query: sentence, sources: ["many"] })).toMatchObject({
          complete: true,
        });
      },
      testMs,
    );

    test(
      "a search without principals is refused where a source in scope declares permissions",
      async () => {
        const { api } = deployment;
        const refusal = { status: 400, problem: { code: "principals-required" } };

        await expect(api.search({ query: sentence, tenant: "acme" })).rejects.toMatchObject(
          refusal,
        );
        await expect(api.search({ query: sentence, sources: ["files"] })).rejects.toMatchObject(
          refusal,
        );
      },
      testMs,
    );

    test(
      "a document whose permissions are not known is read by nobody, and why says so",
      async () => {
        const { api } = deployment;
        const asked = { tenant: "acme", principals: ["group:everyone"] };

        await untilFound(api, "files/open/cellar.md", sentence, asked);
        await untilGone(api, "files/closed/cellar.md", sentence, asked);

        expect((await api.why("files/closed/cellar.md")).standing).toBe("unreadable");
      },
      testMs,
    );

    test(
      "a tenant's documents are found by its own searches alone, and shared ones by all",
      async () => {
        const { api } = deployment;
        const told = "The winter fair opens on the first of December.";
        const { token: own } = await api.put("acme", "fair", { content: told });
        const { token: other } = await api.put("many", "fair", {
          content: told,
          tenant: "umbrella",
        });
        const { token: shared } = await api.put("many", "shared", { content: told });
        const asked = { query: told, principals: [], after: [own, other, shared], waitMs };

        const ofAcme = await api.search({ ...asked, tenant: "acme" });
        const ofUmbrella = await api.search({ ...asked, tenant: "umbrella" });
        const ofNone = await api.search({ ...asked, tenant: "nobody" });

        expect(foundOf(ofAcme)).toEqual(["acme/fair", "many/shared"]);
        expect(foundOf(ofUmbrella)).toEqual(["many/fair", "many/shared"]);
        expect(foundOf(ofNone)).toEqual(["many/shared"]);

        function foundOf({ results }: Awaited<ReturnType<TidemarkApi["search"]>>) {
          const found = results.filter(({ text }) => text.includes(told));
          return found.map(({ documentId }) => documentId).sort();
        }
      },
      testMs,
    );
  });

  describe(`keys, ${name}`, () => {
    const keys = { acme: createKey(), reader: createKey(), operator: createKey() };
    let deployment: Deployment;

    beforeAll(async () => {
      const records = [
        { name: "acme", scopes: ["search", "write"], tenants: ["acme"] },
        { name: "reader", scopes: ["search"], tenants: "*", principals: ["group:readers"] },
        { name: "operator", scopes: ["admin"], tenants: "*" },
      ].map((record) => ({ ...record, hash: hashKey(keys[record.name as keyof typeof keys]) }));
      deployment = await start({
        secrets: { keys: JSON.stringify(records) },
        config: { server: { keys: "${file:secrets/keys}" } },
        sources: { app: { kind: "push", tenant: "*", permissions: "public" } },
      });
    }, testMs);

    afterAll(() => deployment[Symbol.asyncDispose]());

    test(
      "nothing is answered without a key, or with one that is none",
      async () => {
        const { api } = deployment;
        const refusal = { status: 401 };

        await expect(api.search({ query: "x" })).rejects.toMatchObject(refusal);
        await expect(api.put("app", "a", { content: "x" })).rejects.toMatchObject(refusal);
        await expect(api.withKey(createKey()).search({ query: "x" })).rejects.toMatchObject(
          refusal,
        );
      },
      testMs,
    );

    test(
      "a key does no more than its scopes, tenants and principals",
      async () => {
        const acme = deployment.api.withKey(keys.acme);
        const reader = deployment.api.withKey(keys.reader);
        const operator = deployment.api.withKey(keys.operator);
        const content = "The gardener prunes the roses in March.";

        const { token } = await acme.put("app", "roses", {
          content,
          permissions: ["group:gardeners"],
        });
        const asked = { query: content, after: token, waitMs };
        const ofGardener = await acme.search({ ...asked, principals: ["group:gardeners"] });
        const ofReader = await reader.search({ ...asked, tenant: "acme" });

        expect(ofGardener.results).toMatchObject([{ documentId: "app/roses", tenant: "acme" }]);
        expect(ofReader.results).toEqual([]);
        expect((await operator.status()).sources.map(({ source }) => source)).toContain("app");
        const refusal = { status: 403 };
        await expect(acme.put("app", "x", { content, tenant: "umbrella" })).rejects.toMatchObject(
          refusal,
        );
        await expect(acme.search({ query: "x", tenant: "umbrella" })).rejects.toMatchObject(
          refusal,
        );
        await expect(
          reader.search({ query: "x", principals: ["group:gardeners"] }),
        ).rejects.toMatchObject(refusal);
        await expect(reader.put("app", "x", { content })).rejects.toMatchObject(refusal);
        await expect(acme.status()).rejects.toMatchObject(refusal);
      },
      testMs,
    );

    test(
      "why a search lacks a document is told step by step, and looks unknown to whom it may not be told",
      async () => {
        const [acme, reader, operator] = ["acme", "reader", "operator"].map((name) =>
          deployment.api.withKey(keys[name as keyof typeof keys]),
        ) as [TidemarkApi, TidemarkApi, TidemarkApi];
        const content = "The tariff of the ferry is nailed to the pier.";
        const policy = { permissions: ["group:clerks"], metadata: { area: "pier" } };
        const { token } = await acme.put("app", "tariff", { content, ...policy });
        await acme.put("app", "pier", { content: "The pier is swept at dawn.", ...policy });
        const asClerk = { query: content, tenant: "acme", principals: ["group:clerks"] };
        const expected = { ...asClerk, expect: "app/tariff" };
        const stepOf = async (asked: Promise<SearchWhyWire>) => {
          const { reason, step } = await asked;
          return [step, reason];
        };
        await untilFound(acme, "app/pier", "The pier is swept at dawn.", {
          principals: ["group:clerks"],
        });

        const found = await acme.whySearch({ ...expected, after: token, waitMs });
        const denied = await operator.whySearch({ ...expected, principals: [] });
        const hidden = await reader.whySearch({
          query: content,
          tenant: "acme",
          expect: "app/tariff",
        });
        const unknown = await reader.whySearch({
          query: content,
          tenant: "acme",
          expect: "app/other",
        });
        const swept = { ...expected, query: "The pier is swept at dawn." };

        expect(found).toMatchObject({
          step: "found",
          placing: { rank: 1 },
          nearest: { ordinal: 0, chunks: 1, text: content },
        });
        expect(denied).toMatchObject({
          step: "allowed",
          reason: "permissions",
          explanation: expect.stringContaining("group:clerks"),
          nearest: { text: null },
        });
        const renamed = JSON.stringify(unknown).replaceAll("app/other", "app/tariff");
        expect(JSON.parse(renamed)).toEqual(hidden);
        expect(hidden).toMatchObject({ step: "known", reason: "unknown" });
        expect(await stepOf(acme.whySearch({ ...expected, filter: { area: "quay" } }))).toEqual([
          "filter",
          "condition",
        ]);
        expect(await acme.whySearch({ ...swept, limit: 1 })).toMatchObject({
          step: "rank",
          reason: "limit",
          placing: { rank: 2, limit: 1 },
        });
        expect(await acme.whySearch({ ...swept, limit: 2, exact: true })).toMatchObject({
          step: "found",
        });
        await acme.remove("app", "tariff");
        await untilGone(acme, "app/tariff", content, { principals: ["group:clerks"] });
        expect(await stepOf(operator.whySearch(expected))).toEqual(["known", "deleted"]);
        expect(await stepOf(acme.whySearch(expected))).toEqual(["known", "unknown"]);
        expect(await stepOf(operator.whySearch({ ...expected, expect: "app/other" }))).toEqual([
          "known",
          "neverSeen",
        ]);
      },
      testMs,
    );
  });
}
