import { encodeWriteToken, type DocumentId } from "@tidemark/domain";
import { aKey, aServer, bearing } from "../test-server.ts";
import type { SearchWhyWire } from "../wire/search-why-wire.ts";

const keys = [
  aKey("operator", { scopes: ["admin"] }),
  aKey("all", {}),
  aKey("one", { tenants: ["acme"], principals: ["ann"], sources: ["app"] }),
  aKey("writer", { scopes: ["write"] }),
];

function asking(parts: ReturnType<typeof aServer>, name: string, payload: object) {
  return parts.app.inject({ method: "POST", url: "/v1/why", headers: bearing(name), payload });
}

test("a search is explained as it would be asked, in the name of the key", async () => {
  const parts = aServer({ keys });

  const answer = await asking(parts, "one", { query: "pump", expect: "app/a", limit: 3 });

  expect(answer.statusCode).toBe(200);
  expect(parts.operations.whys).toMatchObject([
    {
      expected: "app/a",
      audience: { tenants: ["acme"], principals: ["ann"] },
      search: {
        query: "pump",
        limit: 3,
        per: "document",
        tenant: "acme",
        principals: ["ann"],
        sources: ["app"],
        exact: false,
      },
    },
  ]);
  expect(answer.json<SearchWhyWire>()).toMatchObject({
    documentId: "app/a",
    waiting: { since: "2026-01-02T03:04:04.000Z" },
  });
});

test("an operator is told of everything, and who may ask as anybody of whatever somebody may read", async () => {
  const parts = aServer({ keys });
  const question = { query: "pump", expect: "app/a" };

  await asking(parts, "operator", question);
  await asking(parts, "all", question);

  expect(parts.operations.whys.map(({ audience }) => audience)).toEqual([
    "everything",
    { tenants: "*", principals: "*" },
  ]);
});

test("a token of another tenant's document is not waited for", async () => {
  const parts = aServer({ keys });
  const url = "/v1/sources/app/documents/b";
  const payload = { content: "b", tenant: "globex" };
  await parts.app.inject({ method: "PUT", url, headers: bearing("all"), payload });
  const token = encodeWriteToken({
    documentId: "app/b" as DocumentId,
    revision: { epoch: 1, position: 1 },
  });

  await asking(parts, "one", { query: "pump", expect: "app/b", after: token });

  expect(parts.operations.whys[0]?.search.after).toEqual([]);
});

test.each([
  ["a key that may not search", "writer", "app/a", 403, "scope-missing"],
  ["a source that is not the key's", "one", "other/a", 403, "source-not-allowed"],
  ["what is no document id", "all", "nothing", 400, "invalid-document-id"],
  ["no document", "all", "", 400, "invalid-request"],
])("%s is refused", async (_case, name, expect_, status, code) => {
  const parts = aServer({ keys });

  const answer = await asking(parts, name, { query: "pump", expect: expect_ });

  expect(answer.statusCode).toBe(status);
  expect(answer.json()).toMatchObject({ code });
  expect(parts.operations.whys).toEqual([]);
});
