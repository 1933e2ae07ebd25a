/** Each trigger of a refresh maps to one action, the least that keeps the index right. */
export const triggers = [
  "created",
  "edited",
  "deleted",
  "archived",
  "unarchived",
  "renamed",
  "metadataChanged",
  "permissionsChanged",
  "tenantChanged",
  "chunkerChanged",
  "embedderChanged",
  "backfillRequested",
  "qualityFlagged",
] as const;
export type Trigger = (typeof triggers)[number];

export type Action =
  | "metadataOnly"
  | "removeDocument"
  | "embedChangedChunks"
  | "reuseVectors"
  | "rechunkDocument"
  | "reindexCollection"
  | "newGeneration";

const actions: Readonly<Record<Trigger, Action>> = {
  created: "embedChangedChunks",
  edited: "embedChangedChunks",
  deleted: "removeDocument",
  archived: "metadataOnly",
  unarchived: "metadataOnly",
  renamed: "reuseVectors",
  metadataChanged: "metadataOnly",
  permissionsChanged: "metadataOnly",
  // Vectors are shared within one tenant only, and stay the document's own when it moves.
  tenantChanged: "metadataOnly",
  chunkerChanged: "newGeneration",
  embedderChanged: "newGeneration",
  backfillRequested: "reindexCollection",
  qualityFlagged: "rechunkDocument",
};

export function actionFor(trigger: Trigger): Action {
  return actions[trigger];
}

/** Whether an action may ask the embedder for anything. */
export function mayEmbed(action: Action): boolean {
  return action !== "metadataOnly" && action !== "removeDocument" && action !== "reuseVectors";
}
