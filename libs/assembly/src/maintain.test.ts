import type { Generation, GenerationId } from "@tidemark/domain";
import { mutationsTopic, restrictorGroup, topicPolicy } from "@tidemark/pipeline";
import { SqliteDatabase, SqliteEventLog } from "@tidemark/sqlite";
import { isWaitingLong } from "./maintain.ts";

const id = "g1" as GenerationId;
const generations = { lines: [{ generation: { id } as Generation }] };

test("nothing is compacted before the restrictor has passed it", async () => {
  await using database = await SqliteDatabase.open({ directory: null });
  const appendedAtMs = Date.UTC(2026, 0, 1);
  await using log = new SqliteEventLog({ database, now: () => appendedAtMs });
  const clock = { nowMs: () => appendedAtMs + topicPolicy(mutationsTopic).compactAfterMs };
  await log.append(mutationsTopic, [{ key: "files/a.md", value: "{}" }]);
  expect(await isWaitingLong({ clock, generations, log })).toBe(true);

  await using restrictor = await log.consumer(mutationsTopic, restrictorGroup(id));
  await restrictor.acknowledge(0, 1);

  expect(await isWaitingLong({ clock, generations, log })).toBe(false);
});
