/** `node test/simulation/run.ts [histories] [first seed]`: many histories, with a summary. */
import { runHistories } from "./run-histories.ts";

const [histories = "20000", seed = "1"] = process.argv.slice(2);
const summary = await runHistories({ histories: Number(histories), seed: Number(seed) });
console.log(summary.text);
process.exitCode = summary.failure ? 1 : 0;
