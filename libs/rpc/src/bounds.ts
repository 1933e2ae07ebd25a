/** Everything that either side can make large or slow, and how far. */

/** A message of gRPC, request or reply. Larger ones are refused before they are read. */
export const messageBytesMax = 16 * 1024 ** 2;

export const serverBounds = {
  requestBytesMax: messageBytesMax,
  /** Of one request; the queue behind it has bounds of its own. */
  textsMax: 1024,
  requestIdLengthMax: 128,
  /** Requests of one stream that are being answered; further ones are not read. */
  streamRequestsMax: 32,
  /** Calls that one connection may have open. */
  connectionCallsMax: 1024,
  /**
   * Connections end after so long, so that callers look the name up again and find servers that
   * were added since; what is under way on them may end in its own time, up to the grace.
   */
  connectionAgeMs: 5 * 60_000,
  connectionGraceMs: 5 * 60_000,
  keepaliveMs: 30_000,
  keepaliveTimeoutMs: 10_000,
  /** For what is under way when the server is told to stop. */
  drainMs: 10_000,
  /** Said to a caller whose lane is full. */
  overloadedRetryMs: 200,
  /** Replies that are remembered for callers who lost them: so many, so large, for so long. */
  rememberedMax: 4096,
  rememberedBytesMax: 64 * 1024 ** 2,
  rememberedMs: 60_000,
} as const;

export const clientBounds = {
  /** Of one request. A larger one is split. */
  textsMax: 256,
  textBytesMax: 1024 ** 2,
  tokensMax: 65_536,
  /** Requests of one call of `embed` under way at a time. */
  requestsMax: 4,
  /** One text above this could not be sent, and is nothing that was cut into chunks. */
  oneTextBytesMax: 8 * 1024 ** 2,
  requestBytesMax: messageBytesMax,
  replyBytesMax: messageBytesMax,
  /** Requests that are kept to be sent again, all together. */
  retryBytesMax: 8 * messageBytesMax,
  /** How long each lane waits for an answer, tries and queues included. */
  waitMs: { query: 10_000, live: 60_000, liveOther: 120_000, backfill: 300_000 },
  /** How long a start waits for the first server to answer. */
  connectMs: 30_000,
  /** Tries of one request, where the connection or the server went away. */
  attemptsMax: 4,
  backoffFirstMs: 100,
  backoffMaxMs: 2000,
  reconnectFirstMs: 100,
  reconnectMaxMs: 5000,
  /** A server that does not answer a ping is taken for gone. */
  keepaliveMs: 10_000,
  keepaliveTimeoutMs: 5000,
} as const;
