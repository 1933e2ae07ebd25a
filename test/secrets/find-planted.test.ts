/** The search must find what is there, or its silence means nothing. */
import { randomBytes } from "node:crypto";
import { findPlanted } from "./find-planted.ts";
import { plantSecrets } from "./planted-secrets.ts";

const secrets = plantSecrets();
const { aws, qdrant } = secrets;

test.each([
  ["a log line", `{"level":"warn","error":"401 for ${aws}"}`],
  ["what was cut off", `authorization: Bearer ${aws.slice(0, 20)}…`],
  ["the end of a line", aws.slice(-18)],
  ["a JSON text in a JSON text", JSON.stringify(JSON.stringify({ key: aws }))],
  ["a URL", `http://host/?key=${encodeURIComponent(aws)}`],
  ["a form", new URLSearchParams({ key: aws }).toString()],
  ["basic authorization", Buffer.from(`tidemark:${aws}`).toString("base64")],
  ["base64 at any place", Buffer.from(`a${aws}b`).toString("base64")],
  ["a JSON text in base64", Buffer.from(`{"p":"${aws}"}`).toString("base64")],
  ["hex", Buffer.from(`x${aws}`).toString("hex")],
  ["a file of bytes", Buffer.concat([randomBytes(9_999), Buffer.from(aws), randomBytes(99)])],
])("a secret in %s is found, and it alone", (_, content) => {
  const found = findPlanted(secrets, [
    { where: "there", content },
    { where: "elsewhere", content: randomBytes(9_999) },
  ]);

  expect(found).toMatchObject([{ secret: "aws", where: "there" }]);
});

test("each secret is found in each place that has it", () => {
  const both = `${aws} ${qdrant}`;

  const found = findPlanted(secrets, [
    { where: "one", content: both },
    { where: "other", content: qdrant },
  ]);

  expect(found.map(({ secret, where }) => `${secret} in ${where}`).toSorted()).toEqual([
    "aws in one",
    "qdrant in one",
    "qdrant in other",
  ]);
});

test("a hash of a secret is none, and nothing is found in nothing", () => {
  expect(findPlanted(secrets, [{ where: "empty", content: "" }])).toEqual([]);
  expect(findPlanted(secrets, [])).toEqual([]);
});

test("a value so short that chance would find it is refused", () => {
  expect(() => findPlanted({ short: "abc" }, [])).toThrow(RangeError);
});
