/** An S3 and an SQS, both or neither. */
import type { Finding } from "../../servers/available.ts";
import { findElasticmq } from "../../servers/elasticmq.ts";
import { findMoto } from "../../servers/moto.ts";
import type { BucketServers } from "./bucket-options.ts";

export async function findBucketServers(): Promise<Finding<BucketServers & AsyncDisposable>> {
  const [s3, sqs] = [await findMoto(), await findElasticmq()];
  if (s3.kind === "absent") return s3;
  if (sqs.kind === "absent") return sqs;
  return {
    kind: "found",
    name: "s3 and sqs",
    async start() {
      await using stack = new AsyncDisposableStack();
      const own = { s3: stack.use(await s3.start()), sqs: stack.use(await sqs.start()) };
      const all = stack.move();
      return { ...own, [Symbol.asyncDispose]: () => all.disposeAsync() };
    },
  };
}
