/** The probes of a process: run where freshness is counted, and told with it. */
import { probeOutcomes, type SourceName } from "@tidemark/domain";
import {
  Probe,
  type DoctorFinding,
  type FreshnessReport,
  type ProbeView,
} from "@tidemark/pipeline";
import { ExitError, exitCodes } from "@tidemark/runtime";
import { HttpSearch } from "./http-search.ts";
import type { Parts } from "./open-parts.ts";
import { systemClock } from "./world.ts";

const msPerSecond = 1_000;

export interface OpenedProbes {
  viewOf(source: SourceName): ProbeView | null;
  /** Until aborted. */
  run(signal: AbortSignal): Promise<void>;
}

/** @throws ExitError where nobody says at which address search is asked */
export function openProbes({ options, sources }: Parts): OpenedProbes {
  const { config, logger, metrics, ownUrl, roles } = options;
  const wanted = [...sources.probes];
  const { apiKey, url } = config.probes;
  if (wanted.length > 0 && url === undefined && !(roles.has("ask") && ownUrl)) {
    throw new ExitError(
      exitCodes.config,
      'probes.url is missing: a service asks the gateway; add probes: { url: "http://gateway:8787" }',
    );
  }
  const search = new HttpSearch({ url: () => url ?? ownUrl?.() ?? null, key: apiKey });
  const probes = wanted.map(
    ([source, probe]) =>
      new Probe({
        ...probe,
        source,
        search,
        clock: systemClock,
        logger,
        counted: (outcome) => metrics.probes.inc({ source, outcome }),
        found: (lagMs) => metrics.probe.observe({ source }, lagMs / msPerSecond),
        gone: (hiddenMs) => metrics.probeHidden.observe({ source }, hiddenMs / msPerSecond),
        through: (atMs) => metrics.probeFound.set({ source }, atMs / msPerSecond),
      }),
  );
  return {
    viewOf: (source) => probes.find((probe) => probe.source === source)?.view ?? null,
    async run(signal) {
      for (const [source, { pace }] of wanted) {
        metrics.probeEvery.set({ source }, pace.everyMs / msPerSecond);
        metrics.probeFound.set({ source }, systemClock.nowMs() / msPerSecond);
        // Counted from nothing on, so that a rate is there with the first.
        for (const outcome of probeOutcomes) metrics.probes.inc({ source, outcome }, 0);
      }
      await Promise.all(probes.map((probe) => probe.run(signal)));
    },
  };
}

/** As they were told last, by whoever runs them. */
export function probeFindings({ sources }: FreshnessReport): readonly DoctorFinding[] {
  return sources.flatMap(({ probe, source }): readonly DoctorFinding[] => {
    if (!probe) return [];
    const { atMs, documentId, hiddenMs, lagMs, outcome, reason, withinMs } = probe;
    const at = new Date(atMs).toISOString();
    const check = `probe of ${source}`;
    const took = lagMs === null ? "not found yet" : `found after ${lagMs} ms`;
    if (outcome === "found") {
      const both = `${took}, gone ${hiddenMs} ms after its delete`;
      return [{ check, verdict: "ok", detail: `${both}, at ${at}`, fix: null }];
    }
    const why = reason === null ? "" : `: ${reason}`;
    const detail = {
      late: `${documentId} is late, ${took}, where ${withinMs} ms are asked for`,
      lasting:
        `${documentId} was deleted and is still found` +
        `${hiddenMs === null ? "" : ` (gone after ${hiddenMs} ms)`}, where ${withinMs} ms are asked for`,
      unwritable: `${documentId} could not be written at ${at}${why}`,
      unanswered: `no search for ${documentId} was answered by ${at}${why}`,
    }[outcome];
    return [{ check, verdict: "warn", detail, fix: fixes[outcome] }];
  });
}

const fixes = {
  late: "`tidemark freshness` says at which stage changes wait, and for what",
  lasting: "look at the restrictor: what is deleted and what may no longer be read waits for it",
  unwritable: "let this process write it, or take `probe` from the source",
  unanswered: "look at the gateway, `probes.url` and `probes.apiKey`",
} as const;
