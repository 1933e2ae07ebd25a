/** Cuts documents into chunks. `node services/chunker/src/main.ts --config tidemark.yaml` */
import { run } from "./index.ts";

await run(process.argv.slice(2));
