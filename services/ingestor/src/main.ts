/** Watches and scans the sources, and resolves hints into mutations. `node services/ingestor/src/main.ts --config tidemark.yaml` */
import { run } from "./index.ts";

await run(process.argv.slice(2));
