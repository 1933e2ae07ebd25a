/** Everything a caller can make large or slow, and how far. */
export const bounds = {
  /** A body that is read whole. */
  bodyBytesMax: 16 * 1024 ** 2,
  /** One line of a bulk write: a document, as in a body. */
  lineBytesMax: 16 * 1024 ** 2,
  /** Answers are kept until the body has ended, so their number is bounded. */
  bulkLinesMax: 100_000,
  /** Documents handed on together. */
  bulkBatchDocumentsMax: 128,
  bulkBatchBytesMax: 2 * 1024 ** 2,
  /** How long a bulk write waits for a full queue before its lines are refused. */
  bulkOverloadWaitMsMax: 30_000,
  bulkOverloadPauseMs: 200,
  queryLengthMax: 8192,
  searchLimitDefault: 10,
  searchLimitMax: 100,
  waitMsMax: 30_000,
  afterTokensMax: 100,
  tokenLengthMax: 8192,
  filterFieldsMax: 32,
  principalsMax: 1024,
  nameLengthMax: 256,
  /** Documents of a replay. */
  perSecondMax: 1_000_000,
  auditSampleMax: 100_000,
  auditDocumentsMax: 256,
  auditExamplesMax: 1_000,
  rehearsalStepsMax: 64,
  rehearsalTextMax: 2_048,
  sourcesMax: 256,
  contentTypeLengthMax: 256,
  deadLetterIdsMax: 10_000,
  pathLengthMax: 4096,
  /** A key of 2,048 characters, percent-encoded, is up to 18 kB of URL. */
  headerBytesMax: 32 * 1024,
  connectionsMax: 1024,
  headersTimeoutMs: 15_000,
  /** From the first byte of a request to its last; a bulk write may take its time. */
  requestTimeoutMs: 15 * 60_000,
  keepAliveTimeoutMs: 72_000,
  /** A connection on which nothing moves, the wait for an answer included. */
  idleTimeoutMs: 120_000,
  /** The same for what an operator asks and waits for: a backup, a reconcile. */
  operatorIdleTimeoutMs: 60 * 60_000,
  requestIdLengthMax: 128,
} as const;
