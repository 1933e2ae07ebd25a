/** Answers searches and takes pushed documents. `node services/gateway/src/main.ts --config tidemark.yaml` */
import { run } from "./index.ts";

await run(process.argv.slice(2));
