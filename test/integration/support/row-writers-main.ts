/** Writers in a process of their own: told to stop, they end what they began, and end. */
import { DatabaseUnderTest } from "../../servers/database-under-test.ts";
import { RowWriters } from "./row-writers.ts";

const { keys, sessions, url } = JSON.parse(process.argv[2] ?? "") as {
  readonly url: string;
  readonly sessions: number;
  readonly keys: number;
};
const tellEveryMs = 100;
const database = DatabaseUnderTest.at(url);
const writers = await RowWriters.start({
  database,
  sessions,
  seed: 1,
  prepares: true,
  keys,
  pauseMsMax: 1,
});
const telling = setInterval(() => process.send?.(writers.changes), tellEveryMs);
process.once("message", () => {
  clearInterval(telling);
  void writers[Symbol.asyncDispose]().then(() => {
    process.send?.(writers.changes);
    process.disconnect();
  });
});
