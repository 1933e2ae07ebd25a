/** A part that stands still is the one that is named, by processes that do not. */
import { describeWith } from "../servers/available.ts";
import { findCluster, indexOfTests } from "../servers/cluster.ts";
import { probedFiles, untilProbe } from "./scenarios/probe.ts";
import { DistributedDeployment } from "./support/distributed-deployment.ts";
import { FaultyProxy, refuseQdrantWrites } from "./support/faulty-proxy.ts";
import { untilCleared, untilNamed } from "./support/stalls.ts";

const testMs = 240_000;

describeWith(`on Kafka and ${await indexOfTests()}`, await findCluster(), (cluster) => {
  let index: FaultyProxy;
  let ofRestrictor: FaultyProxy;
  let deployment: DistributedDeployment;

  beforeAll(async () => {
    index = await FaultyProxy.start(cluster().address.qdrantUrl);
    ofRestrictor = await FaultyProxy.start(index.url);
    deployment = await DistributedDeployment.start(
      { ...cluster().address, qdrantUrl: index.url },
      {
        files: probedFiles,
        own: { restrictor: { index: { kind: "qdrant", url: ofRestrictor.url } } },
      },
    );
    await put("The page is awake.");
    await untilCleared(deployment.api, "app");
  }, testMs);

  afterAll(async () => {
    await deployment[Symbol.asyncDispose]();
    await ofRestrictor[Symbol.asyncDispose]();
    await index[Symbol.asyncDispose]();
  });

  const put = (content: string) =>
    deployment.api.put("app", "page", { content, contentType: "text/plain" });
  const patch = () => deployment.api.patch("app", "page", { metadata: { at: "night" } });

  test.each([
    ["chunker", "late", () => put("The chunker is asleep.")],
    ["restrictor", "lasting", () => patch()],
  ] as const)(
    "a %s that was stopped is named while a change waits for it, probes are %s, and both no more when it goes on",
    async (part, outcome, change) => {
      await untilProbe(deployment, "found");
      const process = deployment.process(part);
      process.pause();
      try {
        await change();
        await untilNamed(deployment.api, "app", part);
        await untilProbe(deployment, outcome);
      } finally {
        process.resume();
      }

      await untilCleared(deployment.api, "app");
      await untilProbe(deployment, "found");
    },
    testMs,
  );

  test.each([
    ["index", "that is full", () => index, () => put("The index is full.")],
    ["restrictor", "whose own writes are refused", () => ofRestrictor, () => patch()],
  ] as const)(
    "the %s %s is named while a change waits for it, and no more when they are taken",
    async (part, _, proxy, change) => {
      proxy().fault = refuseQdrantWrites;
      try {
        await change();
        await untilNamed(deployment.api, "app", part);
      } finally {
        proxy().fault = null;
      }

      await untilCleared(deployment.api, "app");
    },
    testMs,
  );
});
