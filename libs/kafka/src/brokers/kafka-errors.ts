/** What can go wrong with Kafka, translated once: what may succeed later, and what an operator must do. */
import { PoisonError, TransientError } from "@tidemark/pipeline";

/** Nobody answers. */
export class KafkaUnreachableError extends Error {
  override name = "KafkaUnreachableError";
}

/** Kafka answers and does not let us: credentials, rights, or what the cluster cannot do. */
export class KafkaRefusedError extends Error {
  override name = "KafkaRefusedError";
}

/** Errors of the client library say by their names and types what they are. */
interface ClientError {
  readonly name?: string;
  readonly message?: string;
  readonly retriable?: boolean;
  readonly type?: string;
  readonly code?: string | number;
  readonly errors?: readonly ClientError[];
}

const refusals: ReadonlyMap<string, string> = new Map([
  ["TOPIC_AUTHORIZATION_FAILED", "grant this user read, write and describe on the topics"],
  ["GROUP_AUTHORIZATION_FAILED", "grant this user read on the consumer groups"],
  ["CLUSTER_AUTHORIZATION_FAILED", "grant this user idempotent write and create on the cluster"],
  ["SASL_AUTHENTICATION_FAILED", "check log.sasl"],
  ["ILLEGAL_SASL_STATE", "check log.sasl and which listener log.brokers names"],
  ["UNSUPPORTED_SASL_MECHANISM", "check log.sasl.mechanism"],
  ["UNSUPPORTED_VERSION", "Kafka 2.8 or later is needed"],
  ["INVALID_REPLICATION_FACTOR", "set log.topics.replication to no more than there are brokers"],
  ["POLICY_VIOLATION", "create the topic by hand, or loosen the cluster's policy for topics"],
  ["INVALID_CONFIG", "create the topic by hand with the settings that this cluster allows"],
  ["INVALID_TOPIC_EXCEPTION", "choose another log.prefix"],
  [
    "INCONSISTENT_GROUP_PROTOCOL",
    "another program reads with this group: choose another log.prefix",
  ],
  ["INVALID_SESSION_TIMEOUT", "the cluster must allow sessions of 10 s"],
  ["GROUP_MAX_SIZE_REACHED", "raise the cluster's group.max.size, or start fewer processes"],
]);

/** Of a producer whose numbering the brokers do not share any more; a new one starts afresh. */
const producerLost: ReadonlySet<string> = new Set([
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "DUPLICATE_SEQUENCE_NUMBER",
  "UNKNOWN_PRODUCER_ID",
  "INVALID_PRODUCER_EPOCH",
  "INVALID_PRODUCER_ID_MAPPING",
]);

/** Of a member that the group does not count among its own any more, or not at present. */
const membershipLost: ReadonlySet<string> = new Set([
  "ILLEGAL_GENERATION",
  "UNKNOWN_MEMBER_ID",
  "FENCED_INSTANCE_ID",
]);

const coordinatorMoved: ReadonlySet<string> = new Set([
  "NOT_COORDINATOR_FOR_GROUP",
  "GROUP_COORDINATOR_NOT_AVAILABLE",
  "GROUP_LOAD_IN_PROGRESS",
]);

export function isProducerLost(error: unknown): boolean {
  return producerLost.has(typeOf(error));
}

export function isMembershipLost(error: unknown): boolean {
  return membershipLost.has(typeOf(error));
}

export function isRebalancing(error: unknown): boolean {
  return typeOf(error) === "REBALANCE_IN_PROGRESS";
}

/** The protocol's name of the error, of one of several where there are; empty where it has none. */
export function typeOf(error: unknown): string {
  const { errors, type } = (error ?? {}) as ClientError;
  return type ?? errors?.[0]?.type ?? "";
}

/** Whether the same may succeed when it is done again. */
export function mayRetry(error: unknown): boolean {
  if (error instanceof TransientError || error instanceof KafkaUnreachableError) return true;
  const { errors, message = "", name = "", retriable } = (error ?? {}) as ClientError;
  if (errors) return errors.every(mayRetry);
  const type = typeOf(error);
  if (refusals.has(type)) return false;
  if (producerLost.has(type) || membershipLost.has(type) || coordinatorMoved.has(type)) return true;
  if (isRebalancing(error)) return true;
  if (/^KafkaJS(?:Connection|RequestTimeout|LockTimeout|Timeout)/u.test(name)) return true;
  // A request on a connection that was ended a moment ago.
  if (message === "Broker not connected") return true;
  return retriable === true;
}

/** The error as the pipeline knows it. Anything it does not know is a bug, and stays what it is. */
export function pipelineError(error: unknown, doing: string): Error {
  if (error instanceof TransientError || error instanceof PoisonError) return error;
  const { errors, message = "", name = "" } = (error ?? {}) as ClientError;
  const told = errors?.[0]?.message ?? message;
  const type = typeOf(error);
  const isSigningIn = name === "KafkaJSSASLAuthenticationError";
  const fix = refusals.get(isSigningIn ? "SASL_AUTHENTICATION_FAILED" : type);
  if (fix)
    return new KafkaRefusedError(`Kafka refused ${doing} (${told}): ${fix}`, { cause: error });
  if (mayRetry(error)) {
    return new TransientError(`Kafka, ${doing}: ${told}`, { cause: error, dependency: "log" });
  }
  return error instanceof Error ? error : new Error(String(error), { cause: error });
}

/** Does something with Kafka, its errors translated. */
export async function withKafka<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw pipelineError(error, doing);
  }
}
