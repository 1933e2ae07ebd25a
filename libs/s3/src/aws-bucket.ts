/** A bucket through the AWS client: of AWS, or of any server that speaks its protocol. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import type {
  Answer,
  Bucket,
  ListedPage,
  ObjectHead,
  ObjectPin,
  ObjectTags,
  Peeked,
} from "./bucket.ts";
import type { WritableBucket } from "./bucket-probe.ts";
import { readAll, type Body } from "./object-body.ts";
import { headOf, listedOf, pinConditions, wholeSizeOf, type Listed } from "./object-facts.ts";
import { listingFailure, noneOfEmpty, refusalOf } from "./s3-error.ts";

export interface AwsBucketOptions {
  readonly name: string;
  /** Keys that begin so, and no others. */
  readonly prefix: string;
  /** The AWS chain finds it when null. */
  readonly region: string | null;
  /** Another server than AWS's. */
  readonly endpoint: string | null;
  /** The AWS chain unless given. */
  readonly credentials?: S3ClientConfig["credentials"];
  readonly keysPerPageMax?: number;
}

const attemptsMax = 3;
const connectWithinMs = 5_000;
const answerWithinMs = 30_000;
const keysPerPageMaxDefault = 1_000;
/** Servers other than AWS have no regions, and the signature needs one. */
const regionElsewhere = "us-east-1";

export class AwsBucket implements Bucket, WritableBucket, AsyncDisposable {
  readonly name: string;
  readonly #client: S3Client;
  readonly #prefix: string;
  readonly #keysPerPageMax: number;

  private constructor(options: AwsBucketOptions, client: S3Client) {
    this.name = options.name;
    this.#client = client;
    this.#prefix = options.prefix;
    this.#keysPerPageMax = options.keysPerPageMax ?? keysPerPageMaxDefault;
  }

  /** Asks nothing yet. */
  static open(options: AwsBucketOptions): AwsBucket {
    const { credentials, endpoint, region } = options;
    const client = new S3Client({
      maxAttempts: attemptsMax,
      requestHandler: { connectionTimeout: connectWithinMs, requestTimeout: answerWithinMs },
      ...(region === null ? {} : { region }),
      ...(credentials === undefined ? {} : { credentials }),
      ...(endpoint === null ? {} : elsewhere(endpoint, region)),
    });
    return new AwsBucket(options, client);
  }

  peek(key: string, bytesMax: number): Promise<Answer<Peeked>> {
    return this.#ask(async () => {
      const at = { Bucket: this.name, Key: key };
      const command = new GetObjectCommand({ ...at, Range: `bytes=0-${bytesMax - 1}` });
      const output = await this.#client.send(command).catch(noneOfEmpty);
      if (!output) {
        const head = headOf(await this.#client.send(new HeadObjectCommand(at)));
        // What was empty has been written meanwhile: its bytes are nobody's to guess.
        return { head, bytes: head.sizeBytes === 0 ? new Uint8Array() : null };
      }
      const head = headOf({ ...output, ContentLength: wholeSizeOf(output) });
      const body = output.Body as Body;
      if (head.sizeBytes <= bytesMax) return { head, bytes: await readAll(body, head.sizeBytes) };
      // Some servers know no ranges.
      if (output.ContentRange === undefined) body.destroy();
      else await readAll(body, bytesMax);
      return { head, bytes: null };
    });
  }

  head(key: string): Promise<Answer<ObjectHead>> {
    const command = new HeadObjectCommand({ Bucket: this.name, Key: key });
    return this.#ask(async () => headOf(await this.#client.send(command)));
  }

  fetch(key: string, pin: ObjectPin): Promise<Answer<Uint8Array>> {
    return this.#ask(async () => {
      const at = { Bucket: this.name, Key: key };
      const output = await this.#client.send(
        new GetObjectCommand({ ...at, ...pinConditions(pin) }),
      );
      return readAll(output.Body as Body, pin.sizeBytes);
    });
  }

  tags(key: string): Promise<Answer<ObjectTags>> {
    return this.#ask(async () => {
      const command = new GetObjectTaggingCommand({ Bucket: this.name, Key: key });
      const { TagSet = [], VersionId } = await this.#client.send(command);
      const tags = TagSet.map(({ Key = "", Value = "" }): [string, string] => [Key, Value]);
      return { versionId: VersionId ?? null, tags: new Map(tags) };
    });
  }

  write(
    key: string,
    { tags, text }: { readonly text: string; readonly tags: ReadonlyMap<string, string> },
    signal: AbortSignal,
  ): Promise<Answer<null>> {
    return this.#ask(async () => {
      const command = new PutObjectCommand({
        Bucket: this.name,
        Key: key,
        Body: text,
        ContentType: "text/markdown",
        ...(tags.size === 0 ? {} : { Tagging: new URLSearchParams([...tags]).toString() }),
      });
      await this.#client.send(command, { abortSignal: signal });
      return null;
    });
  }

  delete(key: string, signal: AbortSignal): Promise<Answer<null>> {
    return this.#ask(async () => {
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.name, Key: key }), {
        abortSignal: signal,
      });
      return null;
    });
  }

  async page(after: string | null, signal?: AbortSignal): Promise<ListedPage> {
    const command = new ListObjectsV2Command({
      Bucket: this.name,
      Prefix: this.#prefix,
      MaxKeys: this.#keysPerPageMax,
      // Some keys have characters that XML cannot carry.
      EncodingType: "url",
      OptionalObjectAttributes: ["RestoreStatus"],
      ...(after === null ? {} : { StartAfter: after }),
    });
    const output = await this.#client
      .send(command, signal ? { abortSignal: signal } : {})
      .catch((error: unknown) => {
        signal?.throwIfAborted();
        throw listingFailure(error);
      });
    const isEncoded = output.EncodingType === "url";
    const objects = (output.Contents ?? []).map((each) => listedOf(each as Listed, isEncoded));
    return { objects, isLast: output.IsTruncated !== true };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
  }

  async #ask<T>(question: () => Promise<T>): Promise<Answer<T>> {
    try {
      return { kind: "found", found: await question() };
    } catch (error) {
      return refusalOf(error);
    }
  }
}

function elsewhere(endpoint: string, region: string | null): Partial<S3ClientConfig> {
  return {
    endpoint,
    region: region ?? regionElsewhere,
    forcePathStyle: true,
    // Not every server knows the newer checksums.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  };
}
