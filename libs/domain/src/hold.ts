/**
 * Deletes that nobody told, only an absence in a listing, wait for a person when they are many: an
 * unmounted folder looks like the deletion of everything in it.
 */
export interface HoldLimits {
  /** Up to this many inferred deletes are applied whatever their share. */
  readonly above: number;
  /** From 0 to 1, of the documents known of the source. */
  readonly share: number;
}

export type HoldDecision =
  | { readonly kind: "apply" }
  | { readonly kind: "hold"; readonly reason: "unlistable" | "too-many" };

/**
 *   root listable   inferred deletes                          outcome
 *   no              any                                       hold
 *   yes             at most `above`, or at most `share`       apply
 *   yes             above both                                hold
 *   yes             above both, and at most what was shown    apply: a person confirmed it
 */
export function decideHold(input: {
  readonly listable: boolean;
  readonly inferred: number;
  readonly known: number;
  readonly limits: HoldLimits;
  /** How many deletes the person who confirms was shown; null without one. */
  readonly confirmed: number | null;
}): HoldDecision {
  if (!input.listable) return { kind: "hold", reason: "unlistable" };
  const many =
    input.inferred > input.limits.above && input.inferred > input.known * input.limits.share;
  if (!many) return { kind: "apply" };
  if (input.confirmed !== null && input.inferred <= input.confirmed) return { kind: "apply" };
  return { kind: "hold", reason: "too-many" };
}
