/** Applies deletes, permissions and metadata, and never embeds. `node services/restrictor/src/main.ts --config tidemark.yaml` */
import { run } from "./index.ts";

await run(process.argv.slice(2));
