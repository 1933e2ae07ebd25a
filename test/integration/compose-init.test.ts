/** The init job of docker-compose.yml on a real S3 with a queue. */
import { randomUUID } from "node:crypto";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { eventually } from "@tidemark/testing";
import { loadConfig, type S3SourceConfig } from "@tidemark/runtime";
import { prepareBucket } from "../../deploy/compose/prepare-bucket.ts";
import { describeWith } from "../servers/available.ts";
import { findMoto } from "../servers/moto.ts";

/** moto's own, unless it is told another. */
const account = "123456789012";
const region = "eu-central-1";

function aSource(url: string, path: string): S3SourceConfig {
  const text = JSON.stringify({
    version: 1,
    sources: {
      uploads: {
        kind: "s3",
        bucket: { name: `b-${randomUUID()}`, region, endpoint: url },
        events: { sqs: `${url}/${path}`, dialect: "moto" },
      },
    },
  });
  const { config } = loadConfig({
    files: [{ name: "tidemark.yaml", text }],
    environment: {},
    readFile: () => "",
  });
  return config.sources["uploads"] as S3SourceConfig;
}

describeWith("what a bucket needs", await findMoto(), (server) => {
  beforeAll(() => {
    process.env["AWS_ACCESS_KEY_ID"] ??= "test";
    process.env["AWS_SECRET_ACCESS_KEY"] ??= "test";
  });

  test("is made once however often it is asked for, and what is put is told to the queue", async () => {
    const { url } = server();
    const source = aSource(url, `${account}/q-${randomUUID()}`);
    await prepareBucket(source);
    await prepareBucket(source);
    await using clients = new AsyncDisposableStack();
    const s3 = new S3Client({ region, endpoint: url, forcePathStyle: true });
    const sqs = new SQSClient({ region, endpoint: url });
    clients.defer(() => s3.destroy());
    clients.defer(() => sqs.destroy());

    await s3.send(
      new PutObjectCommand({ Bucket: source.bucket.name, Key: "a.md", Body: "a text" }),
    );

    const told: string[] = [];
    await eventually(async () => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: source.events?.sqs, MaxNumberOfMessages: 10 }),
      );
      told.push(...Messages.map(({ Body = "" }) => Body));
      expect(told.some((body) => body.includes('"key": "a.md"'))).toBe(true);
    });
  });

  test("is refused where the queue would not be where the config says", async () => {
    const source = aSource(server().url, `999999999999/q-${randomUUID()}`);

    await expect(prepareBucket(source)).rejects.toThrow(/events\.sqs says \/999999999999\//u);
  });
});
