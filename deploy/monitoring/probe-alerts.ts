/** Documents of Tidemark's own that are changed in the sources and have to be found by search. */
import { metricNames as names } from "@tidemark/runtime";
import type { RuleGroup } from "./rule.ts";

/** One may be late by chance; a round takes as long as a round at most. */
const roundsMissed = 3;
/** What ran them may be gone, and its series with it. */
const remembered = "1h";

const last = (metric: string) => `max by (source) (last_over_time(${metric}[${remembered}]))`;

export const probeAlerts: RuleGroup = {
  name: "tidemark-probes",
  rules: [
    {
      alert: "TidemarkProbeLate",
      expr: `time() - ${last(names.probeFound)} > ${roundsMissed} * ${last(names.probeEvery)}`,
      for: "1m",
      severity: "page",
      summary: "No probe of {{ $labels.source }} was found for {{ $value | humanizeDuration }}",
      description:
        "A document that is changed in the source again and again is not found by search, whatever the pipeline says of itself: changes are late, searches fail, or probes have stopped.",
    },
  ],
};
