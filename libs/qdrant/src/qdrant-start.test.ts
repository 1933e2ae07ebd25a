import { ReplicationRefusedError, UnfitServerError } from "./errors.ts";
import { openFake } from "./fixtures/open-fake.ts";
import { openQdrantPrimitives } from "./open-qdrant-index.ts";

test("a server that ignores conditions is refused", async () => {
  await expect(openFake({}, { ignoresConditions: true })).rejects.toThrow(UnfitServerError);
});

test.each([
  ["older than what writes on a condition", "1.16.3", "too old"],
  ["no Qdrant", "", "does not say"],
])("a server that is %s is refused by name", async (_, version, why) => {
  const refused = openFake({}, { version });

  await expect(refused).rejects.toThrow(UnfitServerError);
  await expect(refused).rejects.toThrow(why);
});

test("the probe leaves nothing behind", async () => {
  await using at = await openFake();

  const meta = at.fake.collections.get("tidemark_meta");
  const all = { filter: {} as never, limit: 10, with_payload: true, with_vector: false };
  expect(meta?.scroll(all)).toMatchObject({ points: [] });
});

test("more replicas than the commit protocol was shown on are refused", async () => {
  const refused = openQdrantPrimitives({ url: "http://127.0.0.1:1", replication: 2 });

  await expect(refused).rejects.toThrow(ReplicationRefusedError);
});
