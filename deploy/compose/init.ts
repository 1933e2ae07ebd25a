/**
 * The init job of docker-compose.yml: keys, then what the config's buckets need. It may run any
 * number of times. Topics are made by the services. Its packages are those of libs/s3.
 *
 *   node deploy/compose/init.ts --config tidemark.yaml --config cluster.yaml
 *   node deploy/compose/init.ts key      prints the operator's key
 */
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { loadConfig } from "@tidemark/runtime";
import { keyFiles, makeKeys } from "./make-keys.ts";
import { prepareBucket } from "./prepare-bucket.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    config: { type: "string", multiple: true, default: [] },
    shared: { type: "string", default: "/run/tidemark" },
    operator: { type: "string", default: "/run/operator" },
  },
});

const read = (path: string) => readFileSync(path, "utf8");
const say = (text: string) => process.stdout.write(`${text}\n`);

if (positionals[0] === "key") tellKey();
else await prepare();

function tellKey(): void {
  const { operator } = keyFiles(values);
  if (existsSync(operator)) {
    process.stdout.write(read(operator));
    return;
  }
  process.stderr.write("there is no key yet: it is made by `docker compose up`\n");
  process.exitCode = 1;
}

async function prepare(): Promise<void> {
  say((await makeKeys(values)) ? "keys: made" : "keys: as they were");
  const files = values.config.map((name) => ({ name, text: read(name) }));
  const { config } = loadConfig({ files, environment: process.env, readFile: read });
  for (const [name, source] of Object.entries(config.sources)) {
    if (source.kind !== "s3") continue;
    await prepareBucket(source);
    say(`${name}: bucket ${source.bucket.name}, queue ${source.events?.sqs ?? "none"}`);
  }
}
