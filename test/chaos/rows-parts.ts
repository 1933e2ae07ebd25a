/** A run about rows of a database: its servers and services, with two that can read the database. */
import { DistributedDeployment } from "../e2e/support/distributed-deployment.ts";
import type { Finding } from "../servers/available.ts";
import { findLocalCluster, type LocalCluster } from "../servers/cluster.ts";
import { DatabaseUnderTest } from "../servers/database-under-test.ts";
import { findLocalPostgres, type LocalPostgres } from "../servers/postgres.ts";
import { killedOrPaused, whileStopped, type ChaosParts } from "./chaos-world.ts";
import { gaugesRules, gaugesSql, rowSource } from "./row-gauges.ts";
import { RowSessions } from "./row-sessions.ts";
import { itemsRules, itemsSql } from "./row-stream.ts";
import { RowsWorld } from "./rows-world.ts";

export interface RowsServers extends AsyncDisposable {
  readonly cluster: LocalCluster;
  readonly postgres: LocalPostgres;
}

/** Whoever stands still for longer loses its slot to the other. */
const settings = { wal_sender_timeout: "5s" };
const instances = { connector: 2 };
const manyDeletes = { above: 1_000 };

export async function findRowsServers(): Promise<Finding<RowsServers>> {
  const [cluster, postgres] = [await findLocalCluster(), await findLocalPostgres(settings)];
  if (cluster.kind === "absent") return cluster;
  if (postgres.kind === "absent") return postgres;
  return {
    kind: "found",
    name: "kafka, qdrant and postgres",
    async start() {
      await using stack = new AsyncDisposableStack();
      const own = {
        cluster: stack.use(await cluster.start()),
        postgres: stack.use(await postgres.start()),
      };
      const all = stack.move();
      return { ...own, [Symbol.asyncDispose]: () => all.disposeAsync() };
    },
  };
}

export async function startRowsParts({ cluster, postgres }: RowsServers): Promise<ChaosParts> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await DatabaseUnderTest.create(postgres, gaugesSql + itemsSql));
  const sessions = stack.use(new RowSessions(database));
  const source = {
    kind: "postgres",
    url: database.url,
    replication: { slot: database.slot },
    // What a snapshot finds to be gone is a close's to remove, and nobody is there to confirm it.
    hold: manyDeletes,
    tables: { ...gaugesRules, ...itemsRules },
  };
  const deployment = stack.use(
    await DistributedDeployment.start(cluster.address, {
      instances,
      sources: { [rowSource]: source },
      config: {
        vectors: { chunker: { kind: "structure", maxTokens: 48 } },
        defaults: { window: { wait: "100ms", max: 50 } },
      },
    }),
  );
  const servers = {
    postgres: {
      restarted: (away: () => Promise<void>) => whileStopped(postgres, "in order", away),
      crashed: (away: () => Promise<void>) => whileStopped(postgres, "killed", away),
      paused: (away: () => Promise<void>) => postgres.whilePaused(away),
    },
    kafka: killedOrPaused(cluster.kafka),
    qdrant: killedOrPaused(cluster.qdrant),
  };
  const processes = deployment.processNames.filter((name) => name.startsWith("connector"));
  const all = stack.move();
  return {
    deployment,
    servers,
    victims: { processes, servers: { postgres: Object.keys(servers.postgres) } },
    world: (own) => new RowsWorld({ ...own, database, deployment, sessions }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
