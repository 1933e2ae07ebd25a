/**
 * Tells a queue of a bucket's changes as AWS does it, and as badly as it may: some events are lost,
 * some come twice, all of them in any order. What no event told of is known here by its key.
 */
import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { between, shuffled } from "@tidemark/testing";
import type { Chance } from "@tidemark/pipeline";

export interface EventFate {
  /** From 0 to 1. */
  readonly lost: number;
  readonly duplicated: number;
  /** Kept until `flush`, and sent in any order then; else each is sent at once. */
  readonly isHeld: boolean;
}

export const faithful: EventFate = { lost: 0, duplicated: 0, isHeld: false };

export interface ObjectChange {
  readonly key: string;
  /** Such as `ObjectCreated:Put`. */
  readonly name: string;
  readonly etag?: string | undefined;
  readonly sizeBytes?: number;
  readonly versionId?: string | undefined;
}

interface Told {
  readonly key: string;
  readonly record: object;
}

const recordsPerMessageMax = 3;
const messagesPerCallMax = 10;
const sequencerDigits = 16;

export class EventForwarder {
  fate: EventFate = faithful;
  readonly #queueUrl: string;
  readonly #bucket: string;
  readonly #client: SQSClient;
  readonly #chance: Chance;
  readonly #held: Told[] = [];
  /** Changes so far; an event that is sent later tells of all before it. */
  #changes = 0;
  readonly #changedAt = new Map<string, number>();
  readonly #toldUpTo = new Map<string, number>();
  readonly #isPresent = new Map<string, boolean>();
  /** Whether the key was there when it was last told of. */
  readonly #isKnown = new Map<string, boolean>();
  lostEvents = 0;

  constructor(options: {
    readonly client: SQSClient;
    readonly queueUrl: string;
    readonly bucket: string;
    readonly chance: Chance;
  }) {
    this.#client = options.client;
    this.#queueUrl = options.queueUrl;
    this.#bucket = options.bucket;
    this.#chance = options.chance;
  }

  /** Called when the change is done. */
  async tell(change: ObjectChange): Promise<void> {
    const { key, name } = change;
    this.#changes += 1;
    this.#changedAt.set(key, this.#changes);
    this.#isPresent.set(key, !name.startsWith("ObjectRemoved"));
    const told = { key, record: this.#recordOf(change) };
    if (this.#chance() < this.fate.lost) {
      this.lostEvents += 1;
      return;
    }
    const copies = this.#chance() < this.fate.duplicated ? 2 : 1;
    const events = Array.from({ length: copies }, () => told);
    if (this.fate.isHeld) this.#held.push(...events);
    else await this.#send(events);
  }

  isPresent(key: string): boolean {
    return this.#isPresent.get(key) ?? false;
  }

  /** Sends what is held, in any order, several records in some of the messages. */
  async flush(): Promise<void> {
    const events = shuffled(this.#chance, this.#held);
    this.#held.length = 0;
    await this.#send(events);
  }

  /**
   * Keys whose last change no event told of: none was sent after it. What came and went unseen has
   * left nothing to find. Exact when nothing changes between the sending of an event and its reading.
   */
  get lostKeys(): readonly string[] {
    const keys = [...this.#changedAt].flatMap(([key, at]) => {
      const isTold = (this.#toldUpTo.get(key) ?? 0) >= at;
      const isUnseen = !this.#isKnown.get(key) && !this.#isPresent.get(key);
      return isTold || isUnseen ? [] : key;
    });
    return keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  /** Whatever was found and read by now, by events or by a scan. */
  settled(): void {
    for (const [key, at] of this.#changedAt) {
      this.#toldUpTo.set(key, at);
      this.#isKnown.set(key, this.#isPresent.get(key) ?? false);
    }
  }

  async #send(events: readonly Told[]): Promise<void> {
    const bodies: string[] = [];
    for (let at = 0; at < events.length;) {
      const count = between(this.#chance, 1, recordsPerMessageMax);
      const some = events.slice(at, at + count);
      bodies.push(JSON.stringify({ Records: some.map(({ record }) => record) }));
      at += count;
    }
    for (let at = 0; at < bodies.length; at += messagesPerCallMax) {
      const some = bodies.slice(at, at + messagesPerCallMax);
      const Entries = some.map((MessageBody, each) => ({ Id: String(each), MessageBody }));
      await this.#client.send(new SendMessageBatchCommand({ QueueUrl: this.#queueUrl, Entries }));
    }
    for (const { key } of events) {
      this.#toldUpTo.set(key, this.#changes);
      this.#isKnown.set(key, this.#isPresent.get(key) ?? false);
    }
  }

  #recordOf({ etag, key, name, sizeBytes, versionId }: ObjectChange): object {
    const isOrdered = /^Object(?:Created|Removed):/u.test(name);
    return {
      eventVersion: "2.1",
      eventSource: "aws:s3",
      awsRegion: "us-east-1",
      eventTime: new Date().toISOString(),
      eventName: name,
      s3: {
        s3SchemaVersion: "1.0",
        configurationId: "tidemark",
        bucket: { name: this.#bucket, arn: `arn:aws:s3:::${this.#bucket}` },
        object: {
          key: new URLSearchParams([["", key]]).toString().slice(1).replaceAll("%2F", "/"),
          ...(etag === undefined ? {} : { eTag: etag.replaceAll('"', "") }),
          ...(sizeBytes === undefined ? {} : { size: sizeBytes }),
          ...(versionId === undefined ? {} : { versionId }),
          ...(isOrdered ? { sequencer: this.#sequencer() } : {}),
        },
      },
    };
  }

  /** Of different lengths, as they are compared: padded on the right. */
  #sequencer(): string {
    const digits = this.#changes.toString(16).padStart(sequencerDigits, "0").toUpperCase();
    return digits.replace(/(?:00)+$/u, "");
  }
}
