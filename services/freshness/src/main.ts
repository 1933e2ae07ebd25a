/** Says how far behind the index is, and decides about generations. `node services/freshness/src/main.ts --config tidemark.yaml` */
import { run } from "./index.ts";

await run(process.argv.slice(2));
