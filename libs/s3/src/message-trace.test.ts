import { traceOf } from "./message-trace.ts";

const given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const xray = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

test("the sender's trace goes on; else the one that AWS noted", () => {
  expect(traceOf(given, xray)).toBe(given);
  expect(traceOf(undefined, xray)).toBe("00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01");
});

test.each([
  [undefined, undefined],
  ["nonsense", undefined],
  [undefined, "Root=1-5759e988-bd862e3fe1be46a994272793"],
])("without one there is none: %s, %s", (traceparent, header) => {
  expect(traceOf(traceparent, header)).toBeNull();
});
