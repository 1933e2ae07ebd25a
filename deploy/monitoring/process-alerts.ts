/** Processes that are away. A process that cannot be asked says nothing else either. */
import { metricNames as names } from "@tidemark/runtime";
import type { RuleGroup } from "./rule.ts";

export const processAlerts: RuleGroup = {
  name: "tidemark-processes",
  rules: [
    {
      alert: "TidemarkServiceDown",
      expr: `up{job="tidemark"} == 0`,
      for: "2m",
      severity: "page",
      summary: "{{ $labels.service }} at {{ $labels.instance }} does not answer",
      description:
        "Its metrics could not be read for 2 minutes. Its partitions go to another member, or wait.",
    },
    {
      alert: "TidemarkServiceGone",
      // What has no address any more has no `up` either.
      expr: `group by (service) (up{job="tidemark"} offset 1h) unless group by (service) (up{job="tidemark"})`,
      for: "5m",
      severity: "page",
      summary: "No {{ $labels.service }} is left",
      description: "There was one an hour ago, and now Prometheus finds none to ask.",
    },
    {
      alert: "TidemarkAbsent",
      expr: `absent(up{job="tidemark"})`,
      for: "5m",
      severity: "page",
      summary: "Prometheus finds nothing of Tidemark",
      description: "There is no target at all: no other alert can fire.",
    },
    {
      alert: "TidemarkNotReady",
      expr: `max by (service, instance) (${names.ready}{job="tidemark"}) == 0`,
      for: "30m",
      severity: "ticket",
      summary: "{{ $labels.service }} at {{ $labels.instance }} does not become ready",
      description: "It runs, and its /readyz has said for half an hour why it cannot serve.",
    },
    {
      alert: "TidemarkRestarting",
      expr: `changes(process_start_time_seconds{job="tidemark"}[30m]) > 3`,
      severity: "ticket",
      summary: "{{ $labels.service }} at {{ $labels.instance }} starts again and again",
      description: "{{ $value }} times in 30 minutes. Its log says why it ends.",
    },
    {
      alert: "TidemarkEventLoopStalls",
      expr: `max by (service, instance) (nodejs_eventloop_lag_p99_seconds{job="tidemark"}) > 0.5`,
      for: "10m",
      severity: "ticket",
      summary: "{{ $labels.service }} at {{ $labels.instance }} is late with everything",
      description:
        "Its event loop is late by {{ $value | humanizeDuration }}: the machine is too small or too busy.",
    },
  ],
};

export const auditAlerts: RuleGroup = {
  name: "tidemark-audit",
  rules: [
    {
      alert: "TidemarkAuditFaults",
      expr: `max by (source, fault) (${names.auditFaults}) > 0`,
      severity: "ticket",
      summary: "The audit of {{ $labels.source }} found: {{ $labels.fault }}",
      description:
        "{{ $value }} documents are not in the index what they are in the source. `tidemark audit` shows which.",
    },
    {
      alert: "TidemarkAuditOverdue",
      // Nothing is due, and nothing overdue, where the config leaves audits to whoever asks.
      expr: `time() - max by (source) (${names.auditDue}) > max by (source) (${names.auditEvery})`,
      for: "10m",
      severity: "ticket",
      summary: "The audit of {{ $labels.source }} has been due for {{ $value | humanizeDuration }}",
      description:
        "That is longer than the config's `audit.every`: what differs by now is not known.",
    },
  ],
};
