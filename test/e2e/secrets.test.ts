/** Secrets that are planted wherever one is taken turn up nowhere that anybody reads. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeServer } from "@tidemark/openai/fake-server";
import { eventually } from "@tidemark/testing";
import { StartedProcess } from "../checker/started-process.ts";
import { drive, keyRecords, poison, sentence } from "../secrets/drive.ts";
import { findPlanted, type Place } from "../secrets/find-planted.ts";
import { plantSecrets, type PlantedSecrets } from "../secrets/planted-secrets.ts";
import { readFiles, readQdrant } from "../secrets/read-places.ts";
import { runCli } from "../secrets/run-cli.ts";
import { Said } from "../secrets/said.ts";
import { describeWith } from "../servers/available.ts";
import { freePorts } from "../servers/free-port.ts";
import { findSecureKafka, secureUser } from "../servers/kafka-secure.ts";
import { findLocalQdrant, LocalQdrant } from "../servers/qdrant.ts";
import { DistributedDeployment } from "./support/distributed-deployment.ts";
import { ServiceProcess } from "./support/service-process.ts";

const testMs = 400_000;
const withinMs = 60_000;
const width = 256;

/** Vectors are made by an endpoint with a key, and a bucket is listed that is not there. */
function configOf(endpoint: FakeServer, s3Url: string) {
  const bucket = { name: "tidemark-nowhere", endpoint: s3Url, region: "us-east-1" };
  return {
    sources: {
      app: { kind: "push", permissions: "public", tenant: "*" },
      uploads: { kind: "s3", bucket, permissions: "public", tenant: "*", probe: {} },
    },
    config: {
      vectors: { embedder: "endpoint" },
      embedders: {
        endpoint: {
          kind: "openai",
          baseUrl: endpoint.baseUrl,
          model: "planted",
          dimensions: width,
          apiKey: "${file:secrets/endpoint}",
        },
      },
      probes: { apiKey: "${file:secrets/probe}" },
      server: { keys: "${file:secrets/keys}", logLevel: "debug", log: "json" },
    },
  };
}

function environmentOf({ aws, awsSession }: PlantedSecrets) {
  return {
    AWS_ACCESS_KEY_ID: "AKIAPLANTED",
    AWS_SECRET_ACCESS_KEY: aws,
    AWS_SESSION_TOKEN: awsSession,
  };
}

/** Nobody is there who has buckets. */
async function nowhere(): Promise<string> {
  const [port] = await freePorts(1);
  return `http://127.0.0.1:${port}`;
}

async function anEndpoint({ endpoint }: PlantedSecrets): Promise<FakeServer> {
  const refuses = (text: string) => text.includes(poison);
  return FakeServer.start({ dimensions: width, apiKey: endpoint, refuses });
}

function expectNothingFound(secrets: PlantedSecrets, places: readonly Place[]): void {
  const where = places.map((place) => place.where);

  expect(findPlanted(secrets, places)).toEqual([]);
  // Nothing would be found in nothing.
  expect(where.length).toBeGreaterThan(40);
}

test(
  "a planted secret is in nothing that one process says, answers or keeps",
  async () => {
    const secrets = plantSecrets();
    const directory = mkdtempSync(join(tmpdir(), "tidemark-secrets-"));
    const [data, folder] = [join(directory, "data"), join(directory, "secrets")];
    for (const each of [data, folder]) mkdirSync(each);
    writeFileSync(join(folder, "keys"), keyRecords(secrets));
    writeFileSync(join(folder, "endpoint"), secrets.endpoint);
    writeFileSync(join(folder, "probe"), secrets.probe);
    await using endpoint = await anEndpoint(secrets);
    const { config, sources } = configOf(endpoint, await nowhere());
    const configFile = join(directory, "tidemark.yaml");
    const written = JSON.stringify({ version: 1, ...config, sources });
    writeFileSync(configFile, written.replaceAll("${file:secrets/", `\${file:${folder}/`));
    const said = new Said();
    const logFile = join(directory, "process.log");
    {
      await using started = StartedProcess.start({
        dataDirectory: data,
        configFile,
        logFile,
        environment: environmentOf(secrets),
      });
      await started.untilReady();
      const url = started.url ?? "";

      await drive({ url, urls: [url], secrets, endpoint, said });
      const backup = { path: join(data, "backup.db") };
      const path = "/v1/backup";
      await said.read(url, { method: "POST", path, key: secrets.admin, body: backup });
      const cli = [
        await runCli(["status", "--url", url], { TIDEMARK_KEY: secrets.unknown }),
        await runCli(["doctor", "--url", url], { TIDEMARK_KEY: secrets.admin }),
        await runCli(["doctor", "--url", `${url}/?key=${secrets.unknown}`]),
      ];
      said.places.push(...cli.map(({ place }) => place));
      await started.stop();
    }

    const kept = readFiles(directory, { what: "file", without: ["secrets"] });
    expect(kept.map(({ where }) => where)).toEqual(
      expect.arrayContaining(["file data/tidemark.db", "file process.log"]),
    );
    expect(readFileSync(logFile, "utf8")).toContain("uploads");
    expectNothingFound(secrets, [...said.places, ...kept]);
    rmSync(directory, { recursive: true, force: true });
  },
  testMs,
);

test(
  "a secret in a wrong place of the config is refused without being repeated",
  async () => {
    const secrets = plantSecrets();
    const directory = mkdtempSync(join(tmpdir(), "tidemark-secrets-"));
    const { admin, endpoint, kafkaWrong, qdrant, urlPassword } = secrets;
    const withPassword = (scheme: string) => `${scheme}://tidemark:${urlPassword}@127.0.0.1:1/x`;
    const minilm = { kind: "openai", model: "m", dimensions: width };
    const configs: readonly object[] = [
      { index: { kind: "qdrant", url: withPassword("http") } },
      { embedders: { own: { ...minilm, baseUrl: withPassword("https") } } },
      { embedders: { own: { ...minilm, baseUrl: "https://h/v1", apiKey: { is: endpoint } } } },
      { sources: { pg: { kind: "postgres", url: `postgres//a:${urlPassword}@h/x`, tables: {} } } },
      { log: { kind: "kafka", brokers: [withPassword("http")], sasl: kafkaWrong } },
      { index: { kind: "qdrant", url: "http://127.0.0.1:1", apiKey: qdrant, nonsense: 1 } },
    ];

    const keys = join(directory, "keys.yaml");
    const wrongKeys = JSON.stringify([{ name: "a", [admin]: admin }]);
    const server = { keys: wrongKeys, data: join(directory, "data") };
    writeFileSync(keys, JSON.stringify({ version: 1, server }));
    const runs = [await runCli(["serve", "--config", keys])];
    for (const [at, config] of configs.entries()) {
      const file = join(directory, `${at}.yaml`);
      writeFileSync(file, JSON.stringify({ version: 1, ...config }));
      runs.push(await runCli(["config", "check", file]));
    }

    expect(runs.map(({ exitCode }) => exitCode)).toEqual(runs.map(() => 78));
    expect(
      findPlanted(
        secrets,
        runs.map(({ place }) => place),
      ),
    ).toEqual([]);
    rmSync(directory, { recursive: true, force: true });
  },
  testMs,
);

describeWith("on a Kafka that asks who is there", await findSecureKafka(), (kafka) => {
  const qdrants = () => findLocalQdrant();

  test(
    "a planted secret is in no log, topic, collection, metric, answer or file of services",
    async () => {
      expect((await qdrants()).kind).toBe("found");
      const secrets = { ...plantSecrets(), kafka: secureUser.password, pem: pemOf(kafka()) };
      await using qdrant = await LocalQdrant.start({
        environment: { QDRANT__SERVICE__API_KEY: secrets.qdrant },
      });
      await using endpoint = await anEndpoint(secrets);
      const { ca, client } = kafka();
      const sasl = { mechanism: "scram-sha-512", username: secureUser.username };
      await using deployment = await DistributedDeployment.start(
        {
          brokers: kafka().brokers,
          qdrantUrl: qdrant.url,
          qdrantKey: "${file:secrets/qdrant}",
        },
        {
          ...configOf(endpoint, await nowhere()),
          log: {
            sasl: { ...sasl, password: "${file:secrets/kafka}" },
            tls: { ca: "secrets/ca.pem", cert: "secrets/cert.pem", key: "secrets/key.pem" },
          },
          secrets: {
            endpoint: secrets.endpoint,
            kafka: secrets.kafka,
            probe: secrets.probe,
            keys: keyRecords(secrets),
            qdrant: secrets.qdrant,
            "ca.pem": ca,
            "cert.pem": client.cert,
            "key.pem": client.key,
          },
          environment: environmentOf(secrets),
        },
      );
      const said = new Said();
      const urls = deployment.processes.map(({ url }) => url);

      await drive({ url: deployment.url, urls, secrets, endpoint, said });
      await startWrongly(deployment, { index: { apiKey: secrets.qdrantWrong } });
      await startWrongly(deployment, { log: { sasl: { password: secrets.kafkaWrong } } });
      await deployment.stopAll();

      const home = join(deployment.logDirectory, "..");
      const topics = readFiles(kafka().data, { what: "topic" });
      const places = [
        ...said.places,
        ...readFiles(home, { what: "file", without: ["secrets", "wrong-"] }),
        ...topics,
        ...(await readQdrant(qdrant.url, secrets.qdrant)),
      ];
      const lengths = new Map(places.map(({ content, where }) => [where, content.length]));
      expect(lengths.get("file logs/wrong-index.log")).toBeGreaterThan(0);
      expect(lengths.get("file logs/wrong-log.log")).toBeGreaterThan(0);
      // What is looked through is as it was sent: what is not secret is found there.
      expect(findPlanted({ sentence }, topics).map(({ where }) => where)).toContainEqual(
        expect.stringMatching(/mutations-\d+\/\d+\.log$/u),
      );
      expectNothingFound(secrets, places);
    },
    testMs,
  );
});

/** One of the lines that a private key is made of. */
function pemOf({ client }: { readonly client: { readonly key: string } }): string {
  return client.key.split("\n")[3] ?? "";
}

/** Starts a service with a setting that is refused, and lets it try for as long as it says nothing. */
async function startWrongly(
  deployment: DistributedDeployment,
  wrong: Readonly<Record<string, object>>,
): Promise<void> {
  const name = `wrong-${Object.keys(wrong).join("")}`;
  const file = join(deployment.logDirectory, "..", `${name}.yaml`);
  writeFileSync(file, JSON.stringify({ version: 1, ...wrong }));
  const [port = 0] = await freePorts(1);
  const logFile = join(deployment.logDirectory, `${name}.log`);
  await using started = ServiceProcess.start({
    service: "upserter",
    configFiles: [...deployment.configFiles, file],
    port,
    logFile,
    environment: {},
  });
  await eventually(
    () => {
      const isSaid = /"level":"(?:warn|error)"/u.test(readFileSync(logFile, "utf8"));
      if (!isSaid && !started.hasEnded) throw new Error(`${name} says nothing is wrong`);
    },
    { withinMs },
  );
}
