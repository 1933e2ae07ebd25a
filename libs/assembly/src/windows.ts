/** How long changes of a source wait for one another. */
import type { CoalescingWindow, SourceName } from "@tidemark/domain";
import type { Config } from "@tidemark/runtime";
import { Cron } from "croner";

export function windowOf(config: Config, name: SourceName): CoalescingWindow {
  const window = config.sources[name]?.window ?? config.defaults.window;
  if (window.kind === "wait") return window;
  const schedule = new Cron(window.cron, { paused: true });
  return {
    waitMs: 0,
    documentsMax: Number.POSITIVE_INFINITY,
    dueAtMs: (nowMs) => schedule.nextRun(new Date(nowMs))?.getTime() ?? nowMs,
  };
}
