/** What positions hang on: the topics they are offsets of, as they were made, with their partitions. */
import type { EventLog } from "../ports/event-log.ts";
import { hintsTopic, mutationsTopic } from "../topics.ts";

/**
 * Of a source that is listed, positions are offsets of `hints`; and where `mutations` is another,
 * the picture of the source is lost and has to be stated again.
 */
export async function identityOfListed(log: EventLog): Promise<string> {
  return `${await identityOfTopic(log, hintsTopic)} ${await identityOfTopic(log, mutationsTopic)}`;
}

/** Of a source that is pushed, positions are offsets of `mutations`. */
export function identityOfPushed(log: EventLog): Promise<string> {
  return identityOfTopic(log, mutationsTopic);
}

async function identityOfTopic(log: EventLog, topic: string): Promise<string> {
  const { id, partitions } = await log.identity(topic);
  return `${id}/${partitions}`;
}
