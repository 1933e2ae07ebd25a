/** Kafka Connect with Debezium's connector for Postgres, from Maven's jars. */
import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { fillCache } from "./cache.ts";
import { installKafka, kafkaVersion } from "./kafka-install.ts";
import { absenceOf, copyJars } from "./maven-jars.ts";

export const debeziumVersion = "3.7.0.Final";
export const connectCache = `connect-${kafkaVersion}-debezium-${debeziumVersion}`;
export const connectArchive = "connect.jsa";

const dependencies = [
  { group: "org.apache.kafka", artifact: "connect-runtime", version: kafkaVersion },
  { group: "io.debezium", artifact: "debezium-connector-postgres", version: debeziumVersion },
  { group: "org.slf4j", artifact: "slf4j-simple", version: "1.7.36" },
];

export async function installConnect(): Promise<string> {
  const absences = [await absenceOf("java", "-version"), await absenceOf("mvn", "-version")];
  const absence = absences.find((one) => one !== null);
  if (absence) throw new Error(absence);
  const home = await fillCache(connectCache, (directory) =>
    copyJars(jarsIn(directory), dependencies),
  );
  // An archive is for one class path: only here, where the jars stay, is it of use.
  if (!existsSync(join(home, connectArchive))) await archiveClasses(home);
  return home;
}

export function jarsIn(home: string): string {
  return join(home, "jars");
}

/** One run that writes down which classes it loaded makes all later starts faster. */
async function archiveClasses(home: string): Promise<void> {
  await installKafka();
  const { LocalKafka } = await import("./kafka.ts");
  const { startWorker } = await import("./connect-worker.ts");
  await using kafka = await LocalKafka.start();
  const made = join(home, `${connectArchive}.${process.pid}`);
  const worker = await startWorker(kafka.brokers, { archiveTo: made });
  await worker[Symbol.asyncDispose]();
  await rename(made, join(home, connectArchive));
}
