/** Rules of Prometheus as plain data, and the file that it reads. */
import { stringify } from "yaml";

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export interface Alert {
  /** Starts with `Tidemark`; the rest names its runbook. */
  readonly alert: string;
  readonly expr: string;
  /** How long it holds before somebody is told; at once when absent. */
  readonly for?: string;
  /** `page` wakes a person, `ticket` waits for the morning. */
  readonly severity: "page" | "ticket";
  readonly summary: string;
  readonly description: string;
}

export interface RuleGroup {
  readonly name: string;
  /** How often it is evaluated; as often as all when absent. */
  readonly interval?: string;
  readonly rules: readonly (RecordingRule | Alert)[];
}

export function isAlert(rule: RecordingRule | Alert): rule is Alert {
  return "alert" in rule;
}

/** Where the page on an alert is, from the root of the repository. */
export function runbookOf(alert: string): string {
  const words = alert.replace(/^Tidemark/u, "").replaceAll(/(?<!^)(?=[A-Z])/gu, "-");
  return `docs/runbooks/${words.toLowerCase()}.md`;
}

/** Labels and annotations as they come with a notice. */
export function noticeOf({ alert, description, severity, summary }: Alert) {
  return {
    labels: { severity },
    annotations: { summary, description, runbook: runbookOf(alert) },
  };
}

export function rulesFile(groups: readonly RuleGroup[]): string {
  const shape = groups.map(({ rules, ...group }) => ({
    ...group,
    rules: rules.map((rule) =>
      isAlert(rule)
        ? {
            alert: rule.alert,
            expr: rule.expr,
            ...(rule.for === undefined ? {} : { for: rule.for }),
            ...noticeOf(rule),
          }
        : rule,
    ),
  }));
  return `# Written by \`npm run monitoring\` from deploy/monitoring.\n${stringify({ groups: shape }, { lineWidth: 0 })}`;
}
