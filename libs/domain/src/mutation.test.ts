import { aDraft, anId, only } from "@tidemark/testing";
import * as fc from "fast-check";
import {
  decodeMutation,
  encodeMutation,
  mutationKey,
  type Mutation,
  type MutationDraft,
} from "./mutation.ts";

const decoded = (value: string, offset = 7): Mutation => {
  const mutation = decodeMutation(value, offset);
  if (!("kind" in mutation)) throw new Error(mutation.problem);
  return mutation;
};

/** The record of a draft with something in it replaced. */
function altered(
  draft: MutationDraft,
  change: (record: { rest: Record<string, unknown> }) => void,
) {
  const record = JSON.parse(encodeMutation(draft)) as { rest: Record<string, unknown> };
  change(record);
  return JSON.stringify(record);
}

test("a mutation is read as it was written", () => {
  const names = fc.array(fc.string({ minLength: 1, maxLength: 10 }), { maxLength: 3 });
  fc.assert(
    fc.property(
      fc.string(),
      names,
      fc.nat(),
      fc.dictionary(fc.stringMatching(/^\w{1,5}$/u), fc.string()),
      (text, principals, position, metadata) => {
        const draft = aDraft({
          text,
          permissions: only(...principals),
          revision: position,
          metadata,
        });

        const mutation = decoded(encodeMutation(draft));

        const { epoch, position: at, ...facts } = draft;
        expect(mutation).toEqual({ ...facts, revision: { epoch, position: at }, offset: 7 });
      },
    ),
  );
});

test("where a draft has no position, the record's offset gives it, plus one", () => {
  const draft = { ...aDraft(), position: null };

  expect(decoded(encodeMutation(draft), 0).revision).toEqual({ epoch: 1, position: 1 });
  expect(decoded(encodeMutation(draft), 41).revision).toEqual({ epoch: 1, position: 42 });
});

test("a record whose rest cannot be read still tells whom it restricts", () => {
  const draft = aDraft({ permissions: only("ann"), revision: 9, tenant: "acme" });
  const value = altered(draft, ({ rest }) => {
    rest["metadata"] = { nested: { deep: true } };
  });

  expect(decoded(value)).toEqual({
    kind: "unreadable",
    problem: expect.stringContaining("metadata") as string,
    source: "files",
    documentId: anId(),
    revision: { epoch: 1, position: 9 },
    offset: 7,
    tenant: "acme",
    permissions: { kind: "only", principals: ["ann"] },
    archived: false,
  });
});

test("a facet with a part that cannot be read is unreadable", () => {
  const draft = {
    ...aDraft({ text: null }),
    kind: "facet" as const,
    facet: { facet: "metadata" as const, metadata: { a: 1 } },
  };

  expect(decoded(encodeMutation(draft)).kind).toBe("facet");
  const value = altered(draft, ({ rest }) => {
    rest["facet"] = { facet: "colour" };
  });
  expect(decoded(value).kind).toBe("unreadable");
});

test("fields of a later version are ignored", () => {
  const value = altered(aDraft(), ({ rest }) => {
    rest["mood"] = "calm";
  });

  expect(decoded(value).kind).toBe("upsert");
});

test.each([
  ["no JSON", "{"],
  ["no object", "[]"],
  ["another version", JSON.stringify({ v: 2 })],
  [
    "no permissions",
    JSON.stringify({ ...(JSON.parse(encodeMutation(aDraft())) as object), permissions: undefined }),
  ],
])("a record with %s tells a problem and nothing more", (_, value) => {
  const mutation = decodeMutation(value, 0);

  expect(mutation).toEqual({ problem: expect.any(String) as string });
});

test("each facet has a key of its own, so that compaction keeps the newest of each", () => {
  const facet = (kind: "metadata" | "permissions"): MutationDraft => ({
    ...aDraft({ text: null }),
    kind: "facet",
    facet:
      kind === "metadata"
        ? { facet: kind, metadata: {} }
        : { facet: kind, permissions: { kind: "public" } },
  });

  expect([aDraft(), facet("metadata"), facet("permissions")].map(mutationKey)).toEqual([
    "files/guide.md",
    "files/guide.md#metadata",
    "files/guide.md#permissions",
  ]);
});
