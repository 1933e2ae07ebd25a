/** Every fence, by the promise that it carries. */
import type { Fence } from "./fence.ts";
import { freshnessMeasured } from "./fences-freshness-measured.ts";
import { noHalfDocument } from "./fences-no-half-document.ts";
import { noLostChange } from "./fences-no-lost-change.ts";
import { noStaleOverwrite } from "./fences-no-stale-overwrite.ts";
import { nothingSilent } from "./fences-nothing-silent.ts";
import { oneSpace } from "./fences-one-space.ts";
import { proportionalWork } from "./fences-proportional-work.ts";
import { restrictionImmediate } from "./fences-restriction-immediate.ts";

export const fences: readonly Fence[] = [
  ...noLostChange,
  ...noStaleOverwrite,
  ...noHalfDocument,
  ...restrictionImmediate,
  ...oneSpace,
  ...proportionalWork,
  ...freshnessMeasured,
  ...nothingSilent,
];
