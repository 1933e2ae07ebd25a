import { join } from "node:path";

/** The folder of documents that travels with the program. */
export function bundledHandbook(): string {
  return join(import.meta.dirname, "../../../examples/handbook");
}
