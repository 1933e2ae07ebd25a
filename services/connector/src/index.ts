import { runService, serviceOptions } from "@tidemark/assembly";
import packageJson from "../package.json" with { type: "json" };

/** Runs until told to stop and ends the process with its exit code. */
export function run(args: readonly string[]): Promise<void> {
  return runService(serviceOptions("connector", packageJson.version, args));
}
