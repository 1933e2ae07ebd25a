/** Embeds for other processes. `node services/embedder/src/main.ts --config tidemark.yaml` */
import { run } from "./index.ts";

await run(process.argv.slice(2));
