/** The jars of an ElasticMQ of our own. */
import { join } from "node:path";
import { fillCache } from "./cache.ts";
import { absenceOf, copyJars } from "./maven-jars.ts";

export const elasticmqVersion = "1.7.1";
export const elasticmqCache = `elasticmq-${elasticmqVersion}`;

export async function installElasticmq(): Promise<string> {
  const absences = [await absenceOf("java", "-version"), await absenceOf("mvn", "-version")];
  const absence = absences.find((one) => one !== null);
  if (absence) throw new Error(absence);
  return fillCache(elasticmqCache, (directory) =>
    copyJars(join(directory, "jars"), [
      { group: "org.elasticmq", artifact: "elasticmq-server_2.13", version: elasticmqVersion },
    ]),
  );
}
