/** What promtool says of rules and queries, where it is to be had. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Finding } from "../servers/available.ts";
import { prometheusPrograms } from "../servers/prometheus-install.ts";

export interface Promtool extends AsyncDisposable {
  /** What it prints; it must be content. @throws with all that it says when it is not */
  readonly run: (...args: readonly string[]) => string;
}

export function findPromtool(): Finding<Promtool> {
  const folder = prometheusPrograms();
  if (!folder) {
    const reason = "promtool is not on PATH: node test/servers/install.ts prometheus";
    return { kind: "absent", name: "prometheus", reason };
  }
  const program = join(folder, "promtool");
  const run = (...args: readonly string[]): string => {
    const { status, stderr, stdout } = spawnSync(program, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`promtool ${args.join(" ")}:\n${stdout}\n${stderr}`);
    return stdout;
  };
  const promtool = { run, [Symbol.asyncDispose]: () => Promise.resolve() };
  return { kind: "found", name: "prometheus", start: () => Promise.resolve(promtool) };
}
