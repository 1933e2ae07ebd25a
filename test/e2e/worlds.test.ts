/** Logs and indexes that turn out to be others than before, each while writes go on. */
import { beganAnew } from "@tidemark/pipeline";
import { eventually } from "@tidemark/testing";
import { describeWith } from "../servers/available.ts";
import { findLocalCluster, type LocalCluster } from "../servers/cluster.ts";
import { DistributedDeployment } from "./support/distributed-deployment.ts";
import {
  deleteTopic,
  forgetGroups,
  forgetRecords,
  growTopic,
  skipToEnds,
  writtenTo,
} from "./support/kafka-admin.ts";
import { untilSettled } from "./support/found.ts";
import { SteadyWriter } from "./support/steady-writer.ts";

const testMs = 420_000;
/** What turns out to be another is noticed within a minute. */
const noticedWithinMs = 60_000;
const healedWithinMs = 180_000;
const chunked = { withinMs: 30_000, everyMs: 200 };

interface World {
  readonly cluster: LocalCluster;
  readonly deployment: DistributedDeployment;
  readonly writer: SteadyWriter;
  /** Those whose documents are to be found too. */
  readonly others: SteadyWriter[];
}

interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly time: string;
}

interface NewWorld {
  readonly what: string;
  /** What the log and `tidemark doctor` have to say of it, all of it. */
  readonly told: readonly string[];
  /** Pushed documents have no other copy than the log: what it had not passed on is pushed again. */
  readonly losesPushes?: true;
  readonly before?: (world: World) => Promise<void>;
  readonly happens: (world: World) => Promise<void>;
}

const worlds: readonly NewWorld[] = [
  {
    what: "`mutations` is made anew",
    told: [beganAnew.listedLog, beganAnew.pushedLog],
    losesPushes: true,
    happens: ({ cluster, deployment }) =>
      deleteTopic(cluster.kafka, `${deployment.prefix}mutations`),
  },
  {
    what: "topics get more partitions",
    told: [beganAnew.listedLog, beganAnew.pushedLog],
    async happens({ cluster, deployment, others }) {
      const grow = async () => {
        for (const topic of ["mutations", "hints", "chunks.g1"]) {
          await growTopic(cluster.kafka, { topic: `${deployment.prefix}${topic}`, partitions: 7 });
        }
      };
      others.push(await pushedAround(deployment, grow));
    },
  },
  {
    what: "Kafka loses all it had",
    told: [beganAnew.listedLog, beganAnew.pushedLog, beganAnew.catalogue],
    losesPushes: true,
    happens: ({ cluster }) => cluster.kafka.wipe(),
  },
  {
    what: "`control` is deleted",
    told: [beganAnew.catalogue],
    happens: ({ cluster, deployment }) => deleteTopic(cluster.kafka, `${deployment.prefix}control`),
  },
  {
    what: "Qdrant loses all it had",
    told: [beganAnew.index],
    happens: ({ cluster }) => cluster.qdrant.wipe(),
  },
  {
    what: "Qdrant is set back to what it was",
    told: [beganAnew.index],
    async before({ cluster, writer }) {
      await cluster.qdrant.backUp();
      await writer.during(() => writer.deleteFile());
      await writer.untilAllFound();
    },
    happens: ({ cluster }) => cluster.qdrant.setBack(),
  },
  {
    what: "every group's offsets are set to the ends of their topics",
    told: [beganAnew.index],
    async happens({ cluster, deployment, others }) {
      const writer = aDrawer(deployment, 20);
      await deployment.process("chunker").kill();
      await writer.pushAll();
      await deployment.crash(() => skipToEnds(cluster.kafka, deployment.prefix));
      others.push(writer);
    },
  },
  {
    what: "every group's offsets are forgotten",
    told: [beganAnew.offsets],
    happens: ({ cluster, deployment }) =>
      deployment.restart(() => forgetGroups(cluster.kafka, deployment.prefix)),
  },
  {
    what: "chunks are not kept any more when the upserter comes back",
    told: [beganAnew.unread],
    happens: chunksAreForgotten,
  },
  {
    what: "Kafka loses all it had while nothing runs",
    told: [beganAnew.adopted],
    losesPushes: true,
    happens: ({ cluster, deployment }) => deployment.crash(() => cluster.kafka.wipe()),
  },
];

describeWith("a world that starts anew", await findLocalCluster(), (cluster) => {
  test.each(worlds)(
    "$what: it is noticed, told and mended, and no later change is dropped",
    async ({ before, happens, losesPushes, told }) => {
      await using opened = await openWorld(cluster());
      const { deployment, writer } = opened;
      const world: World = { ...opened, cluster: cluster(), others: [] };
      await before?.(world);

      const sinceMs = Date.now();
      await writer.during(
        async () => {
          await happens(world);
          await writer.deleteFile();
          await untilTold(deployment, told, sinceMs);
        },
        { longerMs: 3_000 },
      );

      for (const other of world.others) await other.untilAllFound({ withinMs: healedWithinMs });
      if (losesPushes) await writer.restatePushed();
      await writer.untilAllFound({ withinMs: healedWithinMs });
      await writer.during(() => writer.deleteFile());
      await expectAllFound(writer, deployment);
      await expectDoctorTells(deployment, told);
    },
    testMs,
  );
});

async function openWorld(cluster: LocalCluster) {
  const deployment = await DistributedDeployment.start(cluster.address, {
    files: { scan: "5s" },
  });
  const writer = new SteadyWriter(deployment, { files: 16, pushed: 8, seed: 3 });
  await writer.fill();
  await writer.untilAllFound();
  return {
    deployment,
    writer,
    [Symbol.asyncDispose]: () => deployment[Symbol.asyncDispose](),
  };
}

/** Pushed documents that nobody writes besides. */
function aDrawer(deployment: DistributedDeployment, pushed: number): SteadyWriter {
  return new SteadyWriter(deployment, { files: 0, pushed, seed: 4, pushedUnder: "drawer" });
}

/**
 * Documents that were pushed often before, and once more each while `act` is done and just after: what
 * is accepted then is in no later write, so that it is missed when it is taken for old.
 */
async function pushedAround(
  deployment: DistributedDeployment,
  act: () => Promise<void>,
): Promise<SteadyWriter> {
  const writer = aDrawer(deployment, 60);
  for (let round = 0; round < 3; round += 1) await writer.pushAll();
  await Promise.all([act(), writer.pushAll()]);
  return writer;
}

/** Documents of which nothing but the chunker's work was left, and is gone. */
async function chunksAreForgotten({ cluster, deployment, others }: World): Promise<void> {
  const chunks = `${deployment.prefix}chunks.g1`;
  const pushed = 20;
  const writer = aDrawer(deployment, pushed);
  await deployment.process("upserter").stop();
  const before = await writtenTo(cluster.kafka, chunks);
  await writer.pushAll();
  await eventually(async () => {
    const written = (await writtenTo(cluster.kafka, chunks)) - before;
    if (written < pushed) throw new Error(`${written} chunks are written`);
  }, chunked);
  await forgetRecords(cluster.kafka, chunks);
  await deployment.startProcess("upserter").untilReady();
  others.push(writer);
}

/** Messages of warnings that the processes have said since. */
function warningsSince(deployment: DistributedDeployment, sinceMs: number): ReadonlySet<string> {
  const lines = deployment.log().split("\n").filter(Boolean);
  const said = lines.map((line) => JSON.parse(line) as LogLine);
  return new Set(
    said.flatMap(({ level, message, time }) =>
      level !== "info" && Date.parse(time) >= sinceMs ? message : [],
    ),
  );
}

async function untilTold(
  deployment: DistributedDeployment,
  told: readonly string[],
  sinceMs: number,
): Promise<void> {
  await eventually(
    () => {
      const warnings = warningsSince(deployment, sinceMs);
      const missing = told.filter((message) => !warnings.has(message));
      if (missing.length === 0) return;
      throw new Error(`not told: ${missing.join("; ")}; but: ${[...warnings].join("; ")}`);
    },
    { withinMs: noticedWithinMs, everyMs: 500 },
  );
}

async function expectDoctorTells(
  deployment: DistributedDeployment,
  told: readonly string[],
): Promise<void> {
  const findings = await deployment.api.doctor();
  const details = findings.map(({ detail }) => detail);
  const missing = told.filter((message) => !details.some((detail) => detail.includes(message)));
  expect({ missing, details }).toEqual({ missing: [], details });
}

/** What is written after it all: nothing of it may be taken for old. */
async function expectAllFound(
  writer: SteadyWriter,
  deployment: DistributedDeployment,
): Promise<void> {
  await writer.pushAll();
  await writer.untilAllFound({ withinMs: healedWithinMs });
  await untilSettled(deployment.api, "files", { sinceMs: Date.now(), withinMs: healedWithinMs });
  await writer.untilAllFound({ withinMs: healedWithinMs });
}
