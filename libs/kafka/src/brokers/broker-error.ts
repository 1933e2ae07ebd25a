/** What a broker answers instead of what was asked, where we read its answer ourselves. */
export const errorCodes = {
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  notLeaderForPartition: 6,
  replicaNotAvailable: 9,
  topicAuthorizationFailed: 29,
  kafkaStorageError: 56,
  fencedLeaderEpoch: 74,
  unknownLeaderEpoch: 75,
  offsetNotAvailable: 78,
  unknownTopicId: 100,
  inconsistentTopicId: 103,
} as const;

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(errorCodes).map(([name, code]) => [
    code,
    name.replaceAll(/[A-Z]/gu, (letter) => `_${letter}`).toUpperCase(),
  ]),
);

/** The partition is led by another broker, or by none, or the topic is another: look again. */
const stale: ReadonlySet<number> = new Set([
  errorCodes.unknownTopicOrPartition,
  errorCodes.leaderNotAvailable,
  errorCodes.notLeaderForPartition,
  errorCodes.replicaNotAvailable,
  errorCodes.kafkaStorageError,
  errorCodes.fencedLeaderEpoch,
  errorCodes.unknownLeaderEpoch,
  errorCodes.offsetNotAvailable,
  errorCodes.unknownTopicId,
  errorCodes.inconsistentTopicId,
]);

export class BrokerError extends Error {
  override name = "BrokerError";
  readonly code: number;
  readonly type: string;
  readonly retriable: boolean;

  constructor(code: number) {
    const type = names.get(code) ?? `error code ${code}`;
    super(`a broker answered ${type}`);
    this.code = code;
    this.type = type;
    this.retriable = stale.has(code);
  }
}

export function brokerError(code: number): BrokerError {
  return new BrokerError(code);
}

export function isStale(code: number): boolean {
  return stale.has(code);
}
