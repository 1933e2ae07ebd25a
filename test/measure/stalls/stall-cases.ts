/** Every part made to stand still, by SIGSTOP of its process and by an error of its own or around it. */
import type { NamedPart } from "../../e2e/support/stalls.ts";
import {
  refuseQdrantWrites,
  type FaultyProxy,
  type Refusal,
} from "../../e2e/support/faulty-proxy.ts";
import { refuseGrpcAt } from "../../e2e/support/refusing-grpc.ts";
import type { ServiceName } from "../../e2e/support/service-process.ts";
import type { StallWorld } from "./stall-world.ts";

/** Lets it go on. */
type End = () => Promise<void> | void;

export interface Stall {
  readonly part: NamedPart;
  readonly how: string;
  readonly source: string;
  readonly begin: (world: StallWorld) => Promise<End>;
  /** One more change; absent where nobody can make one, or nobody can tell of it, meanwhile. */
  readonly change?: (world: StallWorld, number: number) => Promise<unknown>;
  readonly kind?: "restriction";
}

const busy = `<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`;

const refuseAll = (): Refusal => ({ status: 503, body: busy, contentType: "application/xml" });
const failAll = (): Refusal => ({
  status: 500,
  body: JSON.stringify({ status: { error: "Service internal error" } }),
});

function paused(service: ServiceName): Stall["begin"] {
  return async ({ deployment }) => {
    const process = deployment.process(service);
    process.pause();
    return () => process.resume();
  };
}

function killed(service: ServiceName): Stall["begin"] {
  return async ({ deployment }) => {
    await deployment.process(service).kill();
    return () => deployment.startProcess(service).untilReady();
  };
}

/** Of a server that is stopped for as long as something takes. */
function stopped(
  which: (world: StallWorld) => { whilePaused(body: () => Promise<void>): Promise<void> },
): Stall["begin"] {
  return async (world) => {
    const begun = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    const ended = which(world).whilePaused(() => {
      begun.resolve();
      return over.promise;
    });
    await begun.promise;
    return () => {
      over.resolve();
      return ended;
    };
  };
}

function faulty(
  which: (between: StallWorld["between"]) => FaultyProxy,
  fault: FaultyProxy["fault"],
): Stall["begin"] {
  return async ({ between }) => {
    const proxy = which(between);
    proxy.fault = fault;
    return () => {
      proxy.fault = null;
    };
  };
}

function away(
  which: (world: StallWorld) => {
    stop(how: "killed"): Promise<void>;
    resume(): Promise<void>;
  },
): Stall["begin"] {
  return async (world) => {
    await which(world).stop("killed");
    return () => which(world).resume();
  };
}

const put =
  (source: string): NonNullable<Stall["change"]> =>
  ({ deployment }, number) =>
    deployment.api.put(source, `page-${number}`, {
      content: `This is the sentence number ${number} for ${source}.`,
      contentType: "text/plain",
    });

const patch =
  (source: string): NonNullable<Stall["change"]> =>
  ({ deployment }, number) =>
    deployment.api.patch(source, "page-0", { metadata: { number } });

const putObject: NonNullable<Stall["change"]> = ({ buckets }, number) =>
  buckets.busy.put(`page-${number}.md`, `This is the sentence number ${number} of the bucket.`);

/** The object's server does not move, and its event was on the way. */
const tellOfObject: NonNullable<Stall["change"]> = ({ buckets }, number) =>
  buckets.silent.events.tell({ key: `told-${number}.md`, name: "ObjectCreated:Put" });

function pushedStall(stall: Pick<Stall, "begin" | "how" | "part">, name: string): Stall {
  if (stall.part !== "restrictor") return { ...stall, source: name, change: put(name) };
  return { ...stall, source: name, change: patch(name), kind: "restriction" };
}

const ofPushed: readonly Pick<Stall, "begin" | "how" | "part">[] = [
  { part: "chunker", how: "SIGSTOP", begin: paused("chunker") },
  { part: "restrictor", how: "SIGSTOP", begin: paused("restrictor") },
  { part: "embedder", how: "SIGSTOP", begin: paused("embedder") },
  { part: "upserter", how: "SIGSTOP", begin: paused("upserter") },
  { part: "index", how: "SIGSTOP", begin: stopped(({ cluster }) => cluster.qdrant) },
  {
    part: "chunker",
    how: "its way to the index fails",
    begin: faulty(({ chunkerAndIndex }) => chunkerAndIndex, failAll),
  },
  {
    part: "restrictor",
    how: "its writes are refused",
    begin: faulty(({ restrictorAndIndex }) => restrictorAndIndex, refuseQdrantWrites),
  },
  {
    part: "embedder",
    how: "answers UNAVAILABLE",
    async begin({ deployment, embedderAddress }) {
      await deployment.process("embedder").kill();
      const refusing = await refuseGrpcAt(embedderAddress);
      return async () => {
        await refusing[Symbol.asyncDispose]();
        await deployment.startProcess("embedder").untilReady();
      };
    },
  },
  {
    part: "upserter",
    how: "its writes are refused",
    begin: faulty(({ upserterAndIndex }) => upserterAndIndex, refuseQdrantWrites),
  },
  { part: "index", how: "killed", begin: away(({ cluster }) => cluster.qdrant) },
  {
    part: "index",
    how: "its disk is full",
    begin: faulty(({ index }) => index, refuseQdrantWrites),
  },
];

/** A source of its own for each, so that each begins with all of its budget. */
const pushedStalls = ofPushed.map((stall, at) => pushedStall(stall, `app${at + 1}`));

export const pushedSources: readonly string[] = pushedStalls.map(({ source }) => source);

export const stalls: readonly Stall[] = [
  {
    part: "source",
    how: "SIGSTOP of Postgres",
    source: "rows",
    begin: stopped(({ postgres }) => postgres),
  },
  {
    part: "source",
    how: "SIGSTOP of S3",
    source: "silent",
    begin: stopped(({ s3 }) => s3),
    change: tellOfObject,
  },
  {
    part: "source",
    how: "SIGSTOP of SQS",
    source: "silent",
    begin: stopped(({ sqs }) => sqs),
  },
  {
    part: "source",
    how: "its folder is away",
    source: "files",
    async begin({ deployment }) {
      await deployment.unmount("nothing");
      return () => deployment.remount();
    },
  },
  {
    part: "source",
    how: "S3 answers 503",
    source: "busy",
    begin: faulty(({ s3 }) => s3, refuseAll),
    change: putObject,
  },
  {
    part: "source",
    how: "SQS answers 503",
    source: "busy",
    begin: faulty(({ sqs }) => sqs, refuseAll),
  },
  {
    part: "source",
    how: "Postgres is killed",
    source: "rows",
    begin: away(({ postgres }) => postgres),
  },
  { part: "resolver", how: "SIGSTOP", source: "files", begin: paused("ingestor") },
  { part: "resolver", how: "killed", source: "files", begin: killed("ingestor") },
  ...pushedStalls,
  {
    part: "log",
    how: "SIGSTOP",
    source: "files",
    begin: stopped(({ cluster }) => cluster.kafka),
  },
  { part: "log", how: "killed", source: "files", begin: away(({ cluster }) => cluster.kafka) },
];
