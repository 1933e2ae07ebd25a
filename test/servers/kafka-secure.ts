/** A Kafka that asks who is there, over TLS, and knows one user. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Finding } from "./available.ts";
import { cacheDirectory } from "./cache.ts";
import { freePorts } from "./free-port.ts";
import { startBroker } from "./kafka-broker.ts";
import { brokerProperties, formatFolder, kafkaCache } from "./kafka-install.ts";
import { findLocalKafka, type KafkaServer } from "./kafka.ts";
import { absenceOf } from "./maven-jars.ts";

const run = promisify(execFile);
const plain = "org.apache.kafka.common.security.plain.PlainLoginModule";
const scram = "org.apache.kafka.common.security.scram.ScramLoginModule";

export const secureUser = {
  username: "tidemark",
  password: "planted-kafka-password-7d41c0e96b2fa853",
} as const;

export interface SecureKafka extends KafkaServer {
  /** Texts of what the broker shows, and of what a client has to show. */
  readonly ca: string;
  readonly client: { readonly cert: string; readonly key: string };
  /** Where it keeps every topic, as the bytes that it was sent. */
  readonly data: string;
}

export async function findSecureKafka(): Promise<Finding<SecureKafka>> {
  const [local, absence] = [await findLocalKafka(), await absenceOf("openssl", "version")];
  if (local.kind === "absent") return local;
  return absence
    ? { kind: "absent", name: local.name, reason: absence }
    : { kind: "found", name: local.name, start: startSecure };
}

async function startSecure(): Promise<SecureKafka> {
  const [broker = 0, controller = 0, port = 0] = await freePorts(3);
  const folder = await mkdtemp(join(tmpdir(), "tidemark-kafka-"));
  const shown = await certificate(folder, "broker");
  const client = await certificate(folder, "client");
  await writeFile(join(folder, "broker.keystore.pem"), `${shown.key}${shown.cert}`);
  const properties = join(folder, "server.properties");
  const secure = { port, settings: settingsIn(folder) };
  const data = join(folder, "data");
  await writeFile(properties, brokerProperties({ data, broker, controller, secure }));
  const { password, username } = secureUser;
  await formatFolder({
    jars: join(cacheDirectory(kafkaCache), "jars"),
    properties,
    scram: ["SCRAM-SHA-256", "SCRAM-SHA-512"].map(
      (mechanism) => `${mechanism}=[name=${username},password=${password}]`,
    ),
  });
  const running = await startBroker(folder);
  return {
    brokers: [`127.0.0.1:${port}`],
    ca: shown.cert,
    client,
    data,
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function settingsIn(folder: string): Readonly<Record<string, string>> {
  const { password, username } = secureUser;
  const settings = {
    "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
    "plain.sasl.jaas.config": `${plain} required user_${username}="${password}";`,
    "scram-sha-256.sasl.jaas.config": `${scram} required;`,
    "scram-sha-512.sasl.jaas.config": `${scram} required;`,
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": join(folder, "broker.keystore.pem"),
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": join(folder, "client.cert.pem"),
    "ssl.client.auth": "required",
  };
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`listener.name.secure.${name}`, value]),
  );
}

async function certificate(
  folder: string,
  name: string,
): Promise<{ readonly cert: string; readonly key: string }> {
  const [cert, key] = [join(folder, `${name}.cert.pem`), join(folder, `${name}.key.pem`)];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"];
  const names = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  await run("openssl", [...request, ...names, "-keyout", key, "-out", cert]);
  return { cert: await readFile(cert, "utf8"), key: await readFile(key, "utf8") };
}
