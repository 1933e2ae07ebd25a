/** What the profile `debezium` of docker-compose.yml tells a Debezium, on a real one. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "@tidemark/testing";
import { Kafka, logLevel } from "kafkajs";
import { readRepository, root } from "../deploy/compose-file.ts";
import { describeWith } from "../servers/available.ts";
import { findCapture } from "../servers/connect.ts";
import { DatabaseUnderTest } from "../servers/database-under-test.ts";

const run = promisify(execFile);
const script = join(root, "deploy/compose/register-debezium.ts");
const slow = { withinMs: 120_000, everyMs: 200 };

describeWith("the Debezium of docker-compose.yml", await findCapture(), (capture) => {
  test("is told to read the sample database by its job, however often, and writes the topics of the config", async () => {
    const { connect, kafka, postgres } = capture();
    const shop = readRepository("deploy/compose/postgres/shop.sql");
    await using database = await DatabaseUnderTest.create(postgres, shop);
    const directory = mkdtempSync(join(tmpdir(), "tidemark-register-"));
    const file = join(directory, "products.json");
    const { hostname, pathname, port } = new URL(database.url);
    const settings = JSON.parse(
      readRepository("deploy/compose/debezium/products.json"),
    ) as Readonly<Record<string, string>>;
    const place = {
      "database.hostname": hostname,
      "database.port": port,
      "database.dbname": pathname.slice(1),
    };
    writeFileSync(file, JSON.stringify({ ...settings, ...place }));
    const register = () => run(process.execPath, [script, "--connect", connect.url, file]);
    try {
      const { stdout } = await register();
      await register();
      const client = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING });
      const admin = client.admin();
      await admin.connect();
      await eventually(async () => {
        const offsets = await admin.fetchTopicOffsets("shop.public.products");
        expect(offsets.reduce((sum, { high }) => sum + Number(high), 0)).toBe(6);
        expect(await admin.listTopics()).toContain("__debezium-heartbeat.shop");
      }, slow);
      await admin.disconnect();

      expect(stdout).toBe("connector products runs\n");
    } finally {
      await connect.remove("products");
      await eventually(() => database.dropSlot("debezium_shop"), slow);
      await database.run("drop owned by tidemark; drop role tidemark");
      rmSync(directory, { recursive: true });
    }
  }, 300_000);
});
