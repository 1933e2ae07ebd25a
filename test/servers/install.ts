/**
 * Fetches the servers that tests start themselves, into a cache outside the repository.
 *
 *     node test/servers/install.ts            all of them
 *     node test/servers/install.ts kafka      this one
 */
import { installConnect } from "./connect-install.ts";
import { installElasticmq } from "./elasticmq-install.ts";
import { installKafka } from "./kafka-install.ts";
import { installMoto } from "./moto-install.ts";
import { installPostgres } from "./postgres-install.ts";
import { installPrometheus } from "./prometheus-install.ts";

/** By name, as `TIDEMARK_TEST_NEEDS` has them. */
const installers: Readonly<Record<string, () => Promise<string>>> = {
  connect: installConnect,
  elasticmq: installElasticmq,
  kafka: installKafka,
  moto: installMoto,
  postgres: installPostgres,
  prometheus: installPrometheus,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in installers));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(", ")}; there are ${Object.keys(installers).join(", ")}`);
  process.exit(2);
}

let failures = 0;
for (const [name, install] of Object.entries(installers)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  try {
    console.log(`${name}: ${await install()}`);
  } catch (error) {
    failures += 1;
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
process.exit(failures === 0 ? 0 : 1);
