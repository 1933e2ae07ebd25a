/** Reads databases through logical replication, and states their rows. `node services/connector/src/main.ts --config tidemark.yaml` */
import { run } from "./index.ts";

await run(process.argv.slice(2));
