/** The program that tests run as a process of its own; its one argument says how, as JSON. */
import { runEmbedded, type RunOptions } from "@tidemark/embedded";

await runEmbedded(JSON.parse(process.argv[2] ?? "") as RunOptions);
