import { actionFor, mayEmbed, triggers, type Action, type Trigger } from "./trigger-action.ts";

const expected: Readonly<Record<Trigger, Action>> = {
  created: "embedChangedChunks",
  edited: "embedChangedChunks",
  deleted: "removeDocument",
  archived: "metadataOnly",
  unarchived: "metadataOnly",
  renamed: "reuseVectors",
  metadataChanged: "metadataOnly",
  permissionsChanged: "metadataOnly",
  tenantChanged: "metadataOnly",
  chunkerChanged: "newGeneration",
  embedderChanged: "newGeneration",
  backfillRequested: "reindexCollection",
  qualityFlagged: "rechunkDocument",
};

test.each(triggers)("%s leads to the least that keeps the index right", (trigger) => {
  expect(actionFor(trigger)).toBe(expected[trigger]);
});

test("no change of metadata, permissions, place or presence asks the embedder for anything", () => {
  const free = triggers.filter((trigger) => !mayEmbed(actionFor(trigger)));

  expect(free).toEqual([
    "deleted",
    "archived",
    "unarchived",
    "renamed",
    "metadataChanged",
    "permissionsChanged",
    "tenantChanged",
  ]);
});
