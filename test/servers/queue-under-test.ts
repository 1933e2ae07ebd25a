/** A queue of a test's own on a real SQS, with dead letters. */
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";

const region = "us-east-1";
const credentials = { accessKeyId: "test", secretAccessKey: "test" };
/** So often a message is given out before it becomes a dead letter. */
const receivesMax = 3;

export class QueueUnderTest implements AsyncDisposable {
  readonly url: string;
  readonly deadLettersUrl: string;
  readonly client: SQSClient;

  private constructor(url: string, deadLettersUrl: string, client: SQSClient) {
    this.url = url;
    this.deadLettersUrl = deadLettersUrl;
    this.client = client;
  }

  static async create(options: {
    readonly sqs: { readonly url: string };
    readonly name: string;
  }): Promise<QueueUnderTest> {
    const { name, sqs } = options;
    const client = new SQSClient({ endpoint: sqs.url, region, credentials });
    const create = async (QueueName: string, Attributes: Record<string, string>) => {
      const created = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
      return created.QueueUrl ?? "";
    };
    const deadLettersUrl = await create(`${name}-dead`, {});
    const attributes = await attributesOf(client, deadLettersUrl, "QueueArn");
    const policy = { deadLetterTargetArn: attributes["QueueArn"], maxReceiveCount: receivesMax };
    const url = await create(name, { RedrivePolicy: JSON.stringify(policy) });
    return new QueueUnderTest(url, deadLettersUrl, client);
  }

  async send(body: unknown, url = this.url): Promise<void> {
    const MessageBody = typeof body === "string" ? body : JSON.stringify(body);
    await this.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody }));
  }

  /** What is in it, given out or not. */
  async size(url = this.url): Promise<number> {
    const attributes = await attributesOf(this.client, url, "All");
    return ["", "NotVisible", "Delayed"].reduce(
      (sum, part) => sum + Number(attributes[`ApproximateNumberOfMessages${part}`] ?? 0),
      0,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const QueueUrl of [this.url, this.deadLettersUrl]) {
      await this.client.send(new DeleteQueueCommand({ QueueUrl }));
    }
    this.client.destroy();
  }
}

async function attributesOf(
  client: SQSClient,
  url: string,
  name: "All" | "QueueArn",
): Promise<Readonly<Record<string, string>>> {
  const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [name] });
  return (await client.send(command)).Attributes ?? {};
}
