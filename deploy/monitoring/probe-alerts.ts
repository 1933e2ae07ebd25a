/** Documents of Tidemark's own in the sources, to be found by search and, once deleted, to be gone. */
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
      summary:
        "No probe of {{ $labels.source }} was found, and gone again, for {{ $value | humanizeDuration }}",
      description:
        "A document that is put into the source and deleted there, again and again, is not found by search, or not gone, whatever the pipeline says of itself: changes or restrictions are late, searches fail, or probes have stopped.",
    },
  ],
};
