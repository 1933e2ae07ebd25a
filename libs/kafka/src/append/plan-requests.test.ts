import { planRequests, type PlannedCall } from "./plan-requests.ts";

const bounds = { batchBytesMax: 100, requestBytesMax: 250 };

/** Each record by its partition and size, as `0:40`. */
function call(...records: string[]): PlannedCall {
  return {
    records: records.map((text) => {
      const [partition = 0, bytes = 0] = text.split(":").map(Number);
      return { record: { key: text, value: "" }, partition, bytes };
    }),
  };
}

function planned(...calls: PlannedCall[]) {
  return planRequests(calls, bounds).map((records) =>
    records.map(({ at, call: number }) => `${number}.${at}`).join(" "),
  );
}

test.each([
  ["nothing", [], []],
  ["calls that fit go together", [call("0:40"), call("0:40", "1:40")], ["0.0 1.0 1.1"]],
  ["a batch is bounded by partition", [call("0:60"), call("0:60")], ["0.0", "1.0"]],
  ["a request is bounded", [call("0:90"), call("1:90"), call("2:90")], ["0.0 1.0", "2.0"]],
  [
    "a call stays whole where a batch holds it",
    [call("0:60"), call("0:50", "0:50")],
    ["0.0", "1.0 1.1"],
  ],
  [
    "a call over many partitions stays whole",
    [call("0:90", "1:90", "2:90", "3:90")],
    ["0.0 0.1 0.2 0.3"],
  ],
  [
    "a call that no batch holds is cut in order",
    [call("0:60", "0:60", "1:60", "0:30"), call("0:10")],
    ["0.0", "0.1 0.2 0.3 1.0"],
  ],
  ["a record above the bound goes alone", [call("0:900"), call("0:10")], ["0.0", "1.0"]],
])("%s", (_, calls, requests) => {
  expect(planned(...calls)).toEqual(requests);
});

test("the records of a partition keep the order in which they were appended", () => {
  const calls = Array.from({ length: 50 }, (_, at) => call(`${at % 3}:${10 + (at % 40)}`));

  const order = planRequests(calls, bounds).flatMap((records) => records.map((one) => one.call));

  expect(order).toEqual(Array.from({ length: 50 }, (_, at) => at));
});
