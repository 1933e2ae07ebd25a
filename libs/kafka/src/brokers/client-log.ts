/** The client library's log lines as ours: a constant message, what it said as a field. */
import type { PipelineLogger } from "@tidemark/pipeline";
import { logLevel, type logCreator } from "kafkajs";

/** Said at every turn where nothing is wrong, or where we say it ourselves. */
const noise: readonly RegExp[] = [
  /^Response /u, // an error, thrown as well; or the answer to a question that was given up
  /^Connection (?:error|timeout)/u, // thrown as well
];

export function clientLog(logger: PipelineLogger): logCreator {
  return () =>
    ({ level, log, namespace }) => {
      const { broker, message } = log;
      if (level > logLevel.WARN || noise.some((pattern) => pattern.test(message))) return;
      logger.debug(
        { said: message, part: namespace, ...(typeof broker === "string" ? { broker } : {}) },
        "kafka client says",
      );
    };
}
