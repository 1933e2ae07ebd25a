/** A bucket of a test's own on a real S3, with a queue that is told of its changes. */
import { randomUUID } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  RestoreObjectCommand,
  S3Client,
  UploadPartCommand,
  type StorageClass,
} from "@aws-sdk/client-s3";
import type { Chance } from "@tidemark/pipeline";
import { seededChance } from "@tidemark/testing";
import { EventForwarder, faithful, type EventFate } from "./event-forwarder.ts";
import { QueueUnderTest } from "./queue-under-test.ts";

/** What every server of the tests takes. */
export const testCredentials = { accessKeyId: "test", secretAccessKey: "test" };
const region = "us-east-1";

export interface PutOptions {
  readonly tags?: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly storageClass?: StorageClass;
}

export interface BucketUnderTestOptions {
  /** Where S3 is. */
  readonly s3: { readonly url: string };
  readonly sqs: { readonly url: string };
  readonly isVersioned?: boolean;
  readonly chance?: Chance;
}

export class BucketUnderTest implements AsyncDisposable {
  readonly name: string;
  readonly endpoint: string;
  readonly queue: QueueUnderTest;
  readonly events: EventForwarder;
  readonly client: S3Client;

  private constructor(
    name: string,
    parts: Pick<BucketUnderTest, "endpoint" | "queue" | "events" | "client">,
  ) {
    this.name = name;
    this.endpoint = parts.endpoint;
    this.queue = parts.queue;
    this.events = parts.events;
    this.client = parts.client;
  }

  static async create(options: BucketUnderTestOptions): Promise<BucketUnderTest> {
    const { chance = seededChance(1), isVersioned = false, s3, sqs } = options;
    const name = `tidemark-${randomUUID()}`;
    const client = new S3Client({
      endpoint: s3.url,
      region,
      forcePathStyle: true,
      credentials: testCredentials,
    });
    await client.send(new CreateBucketCommand({ Bucket: name }));
    if (isVersioned) {
      const VersioningConfiguration = { Status: "Enabled" } as const;
      const command = new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration });
      await client.send(command);
    }
    const queue = await QueueUnderTest.create({ sqs, name });
    const { client: sender, url: queueUrl } = queue;
    const events = new EventForwarder({ client: sender, queueUrl, bucket: name, chance });
    return new BucketUnderTest(name, { endpoint: s3.url, queue, events, client });
  }

  /** What befalls the events of the changes in `body`. */
  async whileEvents(fate: Partial<EventFate>, body: () => Promise<void>): Promise<void> {
    this.events.fate = { ...faithful, ...fate };
    await body();
    this.events.fate = faithful;
  }

  async put(key: string, body: string | Uint8Array, options: PutOptions = {}): Promise<void> {
    const { contentType = "text/markdown", metadata = {}, storageClass, tags = {} } = options;
    const command = new PutObjectCommand({
      Bucket: this.name,
      Key: key,
      Body: body,
      ContentType: contentType,
      Metadata: { ...metadata },
      Tagging: new URLSearchParams(tags).toString(),
      ...(storageClass ? { StorageClass: storageClass } : {}),
    });
    const { ETag: etag, VersionId: versionId } = await this.client.send(command);
    const sizeBytes = Buffer.byteLength(body);
    await this.events.tell({ key, name: "ObjectCreated:Put", etag, sizeBytes, versionId });
  }

  async putInParts(key: string, parts: readonly Uint8Array[]): Promise<void> {
    const at = { Bucket: this.name, Key: key };
    const { UploadId } = await this.client.send(
      new CreateMultipartUploadCommand({ ...at, ContentType: "text/plain" }),
    );
    const Parts = [];
    for (const [index, Body] of parts.entries()) {
      const PartNumber = index + 1;
      const { ETag } = await this.client.send(
        new UploadPartCommand({ ...at, UploadId, PartNumber, Body }),
      );
      Parts.push({ ETag, PartNumber });
    }
    const { ETag: etag, VersionId: versionId } = await this.client.send(
      new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }),
    );
    await this.events.tell({
      key,
      name: "ObjectCreated:CompleteMultipartUpload",
      etag,
      versionId,
    });
  }

  async delete(key: string): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.name, Key: key });
    const { DeleteMarker, VersionId: versionId } = await this.client.send(command);
    const name = DeleteMarker ? "ObjectRemoved:DeleteMarkerCreated" : "ObjectRemoved:Delete";
    await this.events.tell({ key, name, versionId });
  }

  async tag(key: string, tags: Readonly<Record<string, string>>): Promise<void> {
    const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const at = { Bucket: this.name, Key: key };
    if (TagSet.length === 0) {
      await this.client.send(new DeleteObjectTaggingCommand(at));
      return this.events.tell({ key, name: "ObjectTagging:Delete" });
    }
    await this.client.send(new PutObjectTaggingCommand({ ...at, Tagging: { TagSet } }));
    await this.events.tell({ key, name: "ObjectTagging:Put" });
  }

  /** Tags and metadata go with it, unless others are given. */
  async copy(
    from: string,
    to: string,
    options: Pick<PutOptions, "metadata" | "storageClass"> = {},
  ): Promise<void> {
    const { metadata, storageClass } = options;
    const command = new CopyObjectCommand({
      Bucket: this.name,
      Key: to,
      CopySource: `${this.name}/${from.split("/").map(encodeURIComponent).join("/")}`,
      ...(storageClass ? { StorageClass: storageClass } : {}),
      ...(metadata
        ? { Metadata: metadata, MetadataDirective: "REPLACE", ContentType: "text/markdown" }
        : {}),
    });
    const { CopyObjectResult, VersionId: versionId } = await this.client.send(command);
    const etag = CopyObjectResult?.ETag;
    await this.events.tell({ key: to, name: "ObjectCreated:Copy", etag, versionId });
  }

  async rename(from: string, to: string): Promise<void> {
    await this.copy(from, to);
    await this.delete(from);
  }

  async restore(key: string): Promise<void> {
    const at = { Bucket: this.name, Key: key };
    await this.client.send(new RestoreObjectCommand({ ...at, RestoreRequest: { Days: 1 } }));
    // The server goes on with it each time it is asked.
    const isDone = async () =>
      (await this.client.send(new HeadObjectCommand(at))).Restore?.includes('request="false"');
    while (!(await isDone()));
    await this.events.tell({ key, name: "ObjectRestore:Completed" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.queue[Symbol.asyncDispose]();
    this.client.destroy();
  }
}
