import { PoisonError } from "@tidemark/pipeline";
import type { PoisonReason } from "@tidemark/pipeline";

/** Says what is past which limit, in numbers, and the setting that would raise it. */
export function limitError(
  reason: PoisonReason,
  {
    what,
    value,
    setting,
    max,
  }: {
    readonly what: string;
    /** Null when it was not counted to the end. */
    readonly value: number | null;
    readonly setting: string;
    readonly max: number;
  },
): PoisonError {
  const more = value === null ? "more than" : `${value}, more than`;
  return new PoisonError(reason, `${what}: ${more} ${setting} = ${max}`);
}
