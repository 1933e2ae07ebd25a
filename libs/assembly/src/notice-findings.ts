/** What was mended without anybody, so that somebody may find out why it happened. */
import type { DoctorFinding, Notice } from "@tidemark/pipeline";

export interface NoticeOf extends Notice {
  readonly service: string;
}

/** One for each message, whoever has said it. */
export function noticeFindings(notices: readonly NoticeOf[]): readonly DoctorFinding[] {
  const byMessage = Map.groupBy(notices, ({ message }) => message);
  return [...byMessage].map(([message, said]) => {
    const services = [...new Set(said.map(({ service }) => service))].sort();
    const times = said.reduce((sum, notice) => sum + notice.times, 0);
    const lastMs = Math.max(...said.map(({ atMs }) => atMs));
    return {
      check: `noticed by ${services.join(", ")}`,
      verdict: "warn",
      detail: `${message} (${times} times, last at ${new Date(lastMs).toISOString()})`,
      fix: "it is mended; find out what was done to the log or the index then",
    };
  });
}
