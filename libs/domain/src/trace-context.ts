/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
const wellFormed = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/u;

/** Whether a text is W3C trace context of version 00, and none of its ids is zero. */
export function isTraceContext(text: string): boolean {
  return wellFormed.test(text);
}
