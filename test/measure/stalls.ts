/**
 * Each part is made to stand still in turn while something changes: whether it is the one that
 * freshness names, from outside of it, how soon, and how soon it is named no more.
 *
 *   node test/measure/stalls.ts
 */
import { findLocalCluster } from "../servers/cluster.ts";
import { DistributedDeployment } from "../e2e/support/distributed-deployment.ts";
import { untilFound } from "../e2e/support/found.ts";
import { untilCleared, untilNamed, type NamedPart } from "../e2e/support/stalls.ts";

interface Stall {
  readonly part: NamedPart;
  readonly how: string;
  /** Makes it stand still; what it answers lets it go on. */
  readonly begin: () => Promise<() => Promise<void> | void>;
  /** Absent where nothing can be written meanwhile. */
  readonly change?: () => Promise<unknown>;
  readonly source?: string;
}

const found = await findLocalCluster();
if (found.kind === "absent") throw new Error(found.reason);
await using cluster = await found.start();
await using deployment = await DistributedDeployment.start(cluster.address, {
  documents: { "page.md": "The page is awake." },
});
const { api } = deployment;
let written = 0;

const put = (part: string) => {
  written += 1;
  const content = `The ${part} is asleep for the time number ${written}.`;
  return api.put("app", "page", { content, contentType: "text/plain" });
};

function paused(service: "chunker" | "embedder" | "ingestor" | "restrictor" | "upserter") {
  return async () => {
    const process = deployment.process(service);
    process.pause();
    return () => process.resume();
  };
}

const stalls: readonly Stall[] = [
  { part: "chunker", how: "SIGSTOP", begin: paused("chunker"), change: () => put("chunker") },
  { part: "embedder", how: "SIGSTOP", begin: paused("embedder"), change: () => put("embedder") },
  { part: "upserter", how: "SIGSTOP", begin: paused("upserter"), change: () => put("upserter") },
  {
    part: "restrictor",
    how: "SIGSTOP",
    begin: paused("restrictor"),
    change: () => api.patch("app", "page", { metadata: { number: written } }),
  },
  { part: "resolver", how: "SIGSTOP", begin: paused("ingestor"), source: "files" },
  {
    part: "source",
    how: "its folder is away",
    source: "files",
    async begin() {
      await deployment.unmount("nothing");
      return () => deployment.remount();
    },
  },
  {
    part: "index",
    how: "killed",
    async begin() {
      await cluster.qdrant.stop("killed");
      return () => cluster.qdrant.resume();
    },
    change: () => put("index"),
  },
  {
    part: "log",
    how: "killed",
    async begin() {
      await cluster.kafka.stop("killed");
      return () => cluster.kafka.resume();
    },
  },
];

await untilFound(api, "files/page.md", "The page is awake.");
await put("test");
await untilCleared(api, "app");
for (const { begin, change, how, part, source = "app" } of stalls) {
  const end = await begin();
  try {
    await change?.();
    const namedMs = await untilNamed(api, source, part);
    console.log(`${part.padEnd(11)} ${how.padEnd(20)} named after ${seconds(namedMs)}`);
  } catch (error) {
    console.log(`${part.padEnd(11)} ${how.padEnd(20)} NOT NAMED: ${String(error).slice(0, 500)}`);
    process.exitCode = 1;
  } finally {
    await end();
  }
  try {
    console.log(`${"".padEnd(32)} cleared after ${seconds(await untilCleared(api, source))}`);
  } catch (error) {
    console.log(`${"".padEnd(32)} NOT CLEARED: ${String(error).slice(0, 500)}`);
    process.exitCode = 1;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
