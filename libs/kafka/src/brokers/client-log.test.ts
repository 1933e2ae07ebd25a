import { logLevel } from "kafkajs";
import { clientLog } from "./client-log.ts";

function said(level: logLevel, message: string, extra: Readonly<Record<string, unknown>> = {}) {
  const lines: unknown[] = [];
  const note = (fields: object, text: string) => lines.push([fields, text]);
  const logger = { debug: note, info: note, warn: note, error: note };
  const log = { timestamp: "", logger: "kafkajs", message, ...extra };
  clientLog(logger)(logLevel.WARN)({ namespace: "Broker", level, label: "", log });
  return lines;
}

test("what the client library says is a field, and the message is ours", () => {
  expect(said(logLevel.ERROR, "something odd", { broker: "a:1", sasl: "secret" })).toEqual([
    [{ said: "something odd", part: "Broker", broker: "a:1" }, "kafka client says"],
  ]);
});

test.each([
  [logLevel.ERROR, "Connection error: connect ECONNREFUSED"],
  [logLevel.ERROR, "Connection timeout"],
  [logLevel.WARN, "Response without match"],
  [logLevel.INFO, "anything"],
])("what is thrown as well, or says nothing, is left out (%d, %s)", (level, message) => {
  expect(said(level, message)).toEqual([]);
});
