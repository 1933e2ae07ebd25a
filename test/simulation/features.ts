/** What may happen in a history; each seed draws some, so that failures can be told apart. */
import type { Chance } from "@tidemark/pipeline";

export const featureNames = [
  "crashes",
  "faults",
  "zombies",
  "redelivery",
  "lostHints",
  "compaction",
  "generations",
  "epochs",
  "replays",
  "restores",
  "skew",
  "poison",
  "byReference",
] as const;
export type FeatureName = (typeof featureNames)[number];
export type Features = Readonly<Record<FeatureName, boolean>>;

export function drawFeatures(chance: Chance): Features {
  const drawn = Object.fromEntries(featureNames.map((name) => [name, chance() < 0.45]));
  const features = drawn as Record<FeatureName, boolean>;
  // An index that is older than what compaction left is a loss that nothing can make good.
  if (features.restores) features.compaction = false;
  return features;
}
