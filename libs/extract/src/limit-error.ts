import { PoisonError } from "@tidemark/pipeline";
import type { PoisonReason } from "@tidemark/pipeline";

/** Where an operator sets each limit in the config file; the others are fixed. */
const configKeys: Readonly<Record<string, string>> = {
  inputBytesMax: "vectors.extraction.input",
  outputCharsMax: "vectors.extraction.text",
  timeMsMax: "vectors.extraction.time",
  memoryMbMax: "vectors.extraction.memory",
  depthMax: "vectors.extraction.nesting",
  pagesMax: "vectors.extraction.pages",
};

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
  return new PoisonError(reason, `${what}: ${more} ${configKeys[setting] ?? setting} = ${max}`);
}
