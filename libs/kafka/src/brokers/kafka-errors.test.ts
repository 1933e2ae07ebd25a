import { PoisonError, TransientError } from "@tidemark/pipeline";
import * as library from "kafkajs";
import { brokerError, errorCodes } from "./broker-error.ts";
import { KafkaRefusedError, KafkaUnreachableError, pipelineError } from "./kafka-errors.ts";

/** An error of the client library, made by it. */
function theirs(name: string, ...made: readonly unknown[]): Error {
  const classes = library as unknown as Record<string, new (...made: unknown[]) => Error>;
  const constructor = classes[name];
  if (!constructor) throw new Error(`the client library has no ${name}`);
  return new constructor(...made);
}

function protocol(type: string, retriable: boolean) {
  return theirs(
    "KafkaJSProtocolError",
    Object.assign(new Error(`told ${type}`), { type, code: 0, retriable }),
  );
}

test.each([
  ["a connection that fails", theirs("KafkaJSConnectionError", "connect ECONNREFUSED")],
  [
    "a connection that ends",
    theirs("KafkaJSConnectionClosedError", "closed", { host: "a", port: 1 }),
  ],
  ["no answer in time", theirs("KafkaJSRequestTimeoutError", "timed out")],
  ["a connection that others wait for", theirs("KafkaJSLockTimeout", "timed out")],
  ["an election", protocol("LEADER_NOT_AVAILABLE", true)],
  ["too few replicas", protocol("NOT_ENOUGH_REPLICAS", true)],
  ["a coordinator that moved", protocol("NOT_COORDINATOR_FOR_GROUP", true)],
  ["a rebalance", protocol("REBALANCE_IN_PROGRESS", false)],
  ["a member the group has given up", protocol("UNKNOWN_MEMBER_ID", false)],
  ["a producer the brokers do not know", protocol("OUT_OF_ORDER_SEQUENCE_NUMBER", false)],
  ["a leader that moved, read by ourselves", brokerError(errorCodes.notLeaderForPartition)],
  ["nobody there", new KafkaUnreachableError("no broker is known")],
])("%s may pass", (_, error) => {
  const known = pipelineError(error, "reading t.hints");

  expect(known).toBeInstanceOf(TransientError);
  expect(known).toMatchObject({ dependency: "log", cause: error });
  expect(known.message).toContain("reading t.hints");
});

test.each([
  ["a wrong password", theirs("KafkaJSSASLAuthenticationError", "invalid credentials"), "log.sasl"],
  ["a right that is missing", protocol("TOPIC_AUTHORIZATION_FAILED", false), "grant"],
  ["the same, read by ourselves", brokerError(errorCodes.topicAuthorizationFailed), "grant"],
  [
    "more copies than brokers",
    theirs("KafkaJSAggregateError", "Topic creation errors", [
      theirs("KafkaJSCreateTopicError", protocol("INVALID_REPLICATION_FACTOR", false), "t.hints"),
    ]),
    "log.topics.replication",
  ],
])("%s is refused for good, and the error says what to do", (_, error, fix) => {
  const known = pipelineError(error, "opening t.hints");

  expect(known).toBeInstanceOf(KafkaRefusedError);
  expect(known.message).toContain(fix);
});

test.each([
  ["an error of ours that may pass", new TransientError("later")],
  ["an error of ours that will not", new PoisonError("size-limit", "too large")],
  ["a bug", new TypeError("undefined is not a function")],
  ["what nobody foresaw", protocol("UNKNOWN", false)],
])("%s stays what it is", (_, error) => {
  expect(pipelineError(error, "appending")).toBe(error);
});
