/** Embeds chunks and commits them to the index. `node services/upserter/src/main.ts --config tidemark.yaml` */
import { run } from "./index.ts";

await run(process.argv.slice(2));
