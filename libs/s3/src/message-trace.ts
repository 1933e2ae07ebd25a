/** The trace that a message is part of, as W3C writes it. */
import { isTraceContext } from "@tidemark/domain";

const xray =
  /Root=1-(?<time>[\da-f]{8})-(?<rest>[\da-f]{24})(?:.*?Parent=(?<parent>[\da-f]{16}))?(?:.*?Sampled=(?<sampled>[01]))?/u;

/** What the sender gave, else what AWS X-Ray noted; null without either. */
export function traceOf(
  traceparent: string | undefined,
  header: string | undefined,
): string | null {
  if (traceparent !== undefined && isTraceContext(traceparent)) return traceparent;
  const { parent, rest, sampled, time } = xray.exec(header ?? "")?.groups ?? {};
  if (time === undefined || rest === undefined || parent === undefined) return null;
  return `00-${time}${rest}-${parent}-0${sampled ?? "0"}`;
}
