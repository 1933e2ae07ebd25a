/** A queue of SQS, or of any server that speaks its protocol. */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
  type BatchResultErrorEntry,
  type Message,
  type SQSClientConfig,
} from "@aws-sdk/client-sqs";
import { TransientError } from "@tidemark/pipeline";
import { traceOf } from "./message-trace.ts";
import {
  messagesTogetherMax,
  type Queue,
  type QueueFacts,
  type QueueMessage,
  type ReceiveOptions,
} from "./queue.ts";
import { isOfAws, regionOf } from "./queue-url.ts";
import { codeOfFailure } from "./service-failure.ts";

export interface SqsQueueOptions {
  readonly url: string;
  /** Of the bucket: used where the URL names none. */
  readonly region: string | null;
  /** The AWS chain unless given. */
  readonly credentials?: SQSClientConfig["credentials"];
}

const attemptsMax = 3;
const connectWithinMs = 5_000;
/** Longer than the longest wait for a message. */
const answerWithinMs = 40_000;
const msPerSecond = 1_000;
/** Servers other than AWS have no regions, and the signature needs one. */
const regionElsewhere = "us-east-1";

export class SqsQueue implements Queue, AsyncDisposable {
  readonly name: string;
  readonly #url: string;
  readonly #client: SQSClient;

  private constructor(url: string, client: SQSClient) {
    this.name = url.slice(url.lastIndexOf("/") + 1);
    this.#url = url;
    this.#client = client;
  }

  /** Asks nothing yet. */
  static open({ credentials, region, url }: SqsQueueOptions): SqsQueue {
    const regionNeeded = regionOf(url) ?? region ?? (isOfAws(url) ? null : regionElsewhere);
    const client = new SQSClient({
      maxAttempts: attemptsMax,
      endpoint: new URL(url).origin,
      requestHandler: { connectionTimeout: connectWithinMs, requestTimeout: answerWithinMs },
      ...(regionNeeded === null ? {} : { region: regionNeeded }),
      ...(credentials === undefined ? {} : { credentials }),
    });
    return new SqsQueue(url, client);
  }

  async receive({ hiddenMs, signal, waitMs }: ReceiveOptions): Promise<readonly QueueMessage[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.#url,
      MaxNumberOfMessages: messagesTogetherMax,
      WaitTimeSeconds: Math.round(waitMs / msPerSecond),
      VisibilityTimeout: Math.ceil(hiddenMs / msPerSecond),
      MessageSystemAttributeNames: ["SentTimestamp", "AWSTraceHeader"],
      MessageAttributeNames: ["traceparent"],
    });
    const options = signal ? { abortSignal: signal } : {};
    const { Messages = [] } = await this.#ask(() => this.#client.send(command, options), signal);
    return Messages.map(messageOf);
  }

  async hide(messages: readonly QueueMessage[], hiddenMs: number): Promise<void> {
    const VisibilityTimeout = Math.ceil(hiddenMs / msPerSecond);
    const command = new ChangeMessageVisibilityBatchCommand({
      QueueUrl: this.#url,
      Entries: entriesOf(messages).map((entry) => ({ ...entry, VisibilityTimeout })),
    });
    const { Failed } = await this.#ask(() => this.#client.send(command));
    refuseFailed("hidden", Failed);
  }

  async remove(messages: readonly QueueMessage[]): Promise<void> {
    const command = new DeleteMessageBatchCommand({
      QueueUrl: this.#url,
      Entries: entriesOf(messages),
    });
    const { Failed } = await this.#ask(() => this.#client.send(command));
    refuseFailed("removed", Failed);
  }

  async facts(): Promise<QueueFacts> {
    const command = new GetQueueAttributesCommand({
      QueueUrl: this.#url,
      AttributeNames: [
        "MessageRetentionPeriod",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
      ],
    });
    const { Attributes = {} } = await this.#ask(() => this.#client.send(command));
    return {
      retentionMs: Number(Attributes["MessageRetentionPeriod"]) * msPerSecond,
      hidden: Number(Attributes["ApproximateNumberOfMessagesNotVisible"] ?? 0),
      delayed: Number(Attributes["ApproximateNumberOfMessagesDelayed"] ?? 0),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
  }

  /** Whatever refuses, the queue is asked again: a message is nobody's fault here. */
  async #ask<T>(question: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await question();
    } catch (error) {
      signal?.throwIfAborted();
      const { code, retryAfterMs } = codeOfFailure(error);
      throw new TransientError(`SQS did not answer: ${code}`, {
        cause: error,
        ...(retryAfterMs === null ? {} : { retryAfterMs }),
      });
    }
  }
}

function messageOf({ Attributes, Body, MessageAttributes, MessageId, ReceiptHandle }: Message) {
  const sent = Attributes?.SentTimestamp;
  return {
    id: MessageId ?? "",
    receipt: ReceiptHandle ?? "",
    body: Body ?? "",
    sentAtMs: sent === undefined ? null : Number(sent),
    trace: traceOf(MessageAttributes?.["traceparent"]?.StringValue, Attributes?.AWSTraceHeader),
  };
}

function entriesOf(messages: readonly QueueMessage[]) {
  return messages.map(({ receipt }, at) => ({ Id: String(at), ReceiptHandle: receipt }));
}

function refuseFailed(what: string, failed: readonly BatchResultErrorEntry[] = []): void {
  const [first] = failed;
  if (!first) return;
  const problem = `${failed.length} messages were not ${what}: ${first.Code ?? "unknown"}`;
  throw new TransientError(problem);
}
