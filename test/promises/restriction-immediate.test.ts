/** Promise 4: a restriction takes effect without any embedding, and no late event widens it again. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeMutation, type Mutation } from "@tidemark/domain";
import { FolderSource } from "@tidemark/folder";
import { PoisonError } from "@tidemark/pipeline";
import { aDraft, anId, only } from "@tidemark/testing";
import { SmallWorld } from "./world/small-world.ts";

const secret = "the vault code changes every monday";
const edited = "the vault was moved to town";
const id = anId("vault.md", "push");
const bob = { principals: ["bob"] };
const context = { progressFor: () => [], proves: () => {}, signal: new AbortController().signal };
const ann = { principals: ["ann"] };

test("the newest policy decides, although content and copies are those of an older one", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.push("vault.md", { text: secret });
  await world.settle();
  await world.push("vault.md", { text: edited, permissions: only("ann") });

  const dying = await world.startUntil("restrictor", "setCopies");
  dying.crash();

  expect(await world.texts(secret, bob)).toEqual([]);
});

test("content keeps its own policy until it is replaced: a wider one does not show it", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.push("vault.md", { text: secret, permissions: only("ann") });
  await world.settle();

  await world.push("vault.md", { text: edited });
  await world.run("restrictor");

  expect(await world.texts(secret, bob)).toEqual([]);
});

test("who may read a document is unknown: then nobody may, although its copies say otherwise", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.push("vault.md", { text: secret });
  await world.settle();
  await world.push("vault.md", { text: secret, permissions: { kind: "unknown" } });

  const dying = await world.startUntil("restrictor", "setCopies");
  dying.crash();

  expect(await world.texts(secret, ann)).toEqual([]);
});

test("an archived document is hidden at once, although its copies say otherwise", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.push("vault.md", { text: secret });
  await world.settle();
  await world.push("vault.md", { text: secret, archived: true });

  const dying = await world.startUntil("restrictor", "setCopies");
  dying.crash();

  expect(await world.texts(secret)).toEqual([]);
});

test("a document that moved to another tenant is not shown to its former one, although its copies say otherwise", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.push("vault.md", { text: secret, tenant: "acme" });
  await world.settle();
  await world.push("vault.md", { text: secret, tenant: "globex" });

  const dying = await world.startUntil("restrictor", "setCopies");
  dying.crash();

  expect(await world.texts(secret, { tenant: "acme" })).toEqual([]);
});

test("a document is hidden when it can no longer be read who may read it", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.change("vault.md", { text: secret });
  await world.settle();

  world.files.break("vault.md", new PoisonError("mapping-failed", "permissions is not a list"));
  await world.hint("vault.md");
  await world.settle(["resolver", "restrictor"]);

  expect(await world.texts(secret)).toEqual([]);
});

test("malformed permissions in front matter do not fall back to what a rule would give", async () => {
  const root = await mkdtemp(join(tmpdir(), "tidemark-promise-"));
  await writeFile(join(root, "vault.md"), secret);
  const from = await FolderSource.open({
    source: "files",
    root,
    permissions: { kind: "public" },
    readFrontMatter: () => ({ frontMatter: { permissions: { allow: "ann" } }, bodyOffset: 0 }),
  });
  const world = await SmallWorld.overPrimitives();
  world.readFrom = from;

  await world.hint("vault.md");
  const resolver = world.stage("resolver");
  const [record] = world.log.from("hints", 0, 0, 1);
  const item = record && resolver.decode(record);
  if (!item) throw new Error("a hint was published");
  await resolver.handle([{ key: "files/vault.md", items: [item] }], context);
  await world.settle(["restrictor", "chunker", "upserter"]);
  await rm(root, { recursive: true });

  expect(await world.search(secret)).toEqual([]);
});

test("a record that can be read in part hides its document instead of being skipped", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.push("vault.md", { text: secret });
  await world.settle();

  const draft = encodeMutation(aDraft({ documentId: id, revision: 9 }));
  const broken = { ...(JSON.parse(draft) as Mutation), rest: { reason: "a later version's" } };
  await world.appendValue(id, JSON.stringify(broken));
  await world.run("restrictor");

  expect(await world.texts(secret)).toEqual([]);
});

test("a PATCH of permissions replaces them without the content", async () => {
  const world = await SmallWorld.overPrimitives();
  await world.push("vault.md", { text: secret });
  await world.settle();

  await world.patch("vault.md", { permissions: only("ann") });
  await world.run("restrictor");

  expect(await world.texts(secret, bob)).toEqual([]);
});

test("a restriction that lost the race for its manifest is decided again", async () => {
  const world = await SmallWorld.overSqlite();
  await world.push("vault.md", { text: secret });
  await world.settle(["restrictor", "chunker"]);
  await world.push("vault.md", { text: secret, permissions: only("ann") });

  const slow = await world.startUntil("restrictor", "commit");
  await world.run("upserter");
  slow.release();
  await world.clock.advance(1_000);

  expect(await world.texts(secret, bob)).toEqual([]);
});

test("a redelivery of what was public does not widen what is restricted since", async () => {
  const world = await SmallWorld.overSqlite();
  await world.push("vault.md", { text: secret });
  await world.settle();
  await world.push("vault.md", { text: edited, permissions: only("ann") });
  await world.run("restrictor");
  const [publicOne] = world.mutations();

  const stage = world.stage("restrictor");
  await stage.handle([{ key: id, items: [publicOne as never] }], context);

  expect(await world.texts(secret, bob)).toEqual([]);
});
