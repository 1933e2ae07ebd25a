import { exitCodes, Secret } from "@tidemark/runtime";
import { createKey, findKey, hashKey } from "./key-record.ts";
import { listeningOf, mayListen } from "./listening.ts";
import { parseKeys } from "./parse-keys.ts";

const record = (name: string, rest: object = {}) => ({
  name,
  hash: hashKey(name),
  scopes: ["search"],
  tenants: "*",
  ...rest,
});
const lineOf = (name: string, rest?: object) => JSON.stringify(record(name, rest));

test("keys are read from lines or from a list", () => {
  const lines = `# keys of ours\n\n${lineOf("a")}\r\n${lineOf("b")}\n`;
  const list = JSON.stringify([record("a"), record("b")], null, 2);

  const expected = ["a", "b"].map((name) => record(name, { principals: "*", sources: "*" }));
  expect(parseKeys(lines)).toEqual(expected);
  expect(parseKeys(list)).toEqual(expected);
});

test("every faulty line is named, and no hash is told", () => {
  const text = [
    "{",
    lineOf("a", { scopes: ["read"] }),
    lineOf("b", { hash: "short" }),
    lineOf("c", { colour: "red" }),
    lineOf("d", { scopes: ["admin"], tenants: ["acme"] }),
    lineOf("e"),
    lineOf("e"),
  ].join("\n");

  const told = messageOf(() => parseKeys(text));

  for (const part of [
    "line 1 ",
    "line 2 scopes",
    "line 3 hash",
    "line 4",
    "line 5",
    "e: its name",
  ]) {
    expect(told).toContain(part);
  }
  expect(told).not.toContain(hashKey("a"));
});

test("a key is found by its text alone", () => {
  const key = createKey();
  const records = parseKeys([lineOf("a"), lineOf(key.slice(3)), lineOf("b")].join("\n"));

  expect(key).toMatch(/^tm_[\w-]{43}$/u);
  expect(findKey(records, "b")?.name).toBe("b");
  expect(findKey(records, "c")).toBeNull();
  expect(findKey(records, hashKey("b"))).toBeNull();
  expect(findKey([], "b")).toBeNull();
});

test.each([
  ["127.0.0.1", null, true],
  ["::1", null, true],
  ["localhost", null, true],
  ["0.0.0.0", null, false],
  ["10.0.0.1", null, false],
  ["::", null, false],
  ["0.0.0.0", [], false],
  ["0.0.0.0", parseKeys(lineOf("a")), true],
])("listening on %s with the keys %j: %j", (host, keys, allowed) => {
  const decision = mayListen({ host, keys });

  expect(decision.allowed).toBe(allowed);
  if (!decision.allowed) expect(decision.fix).toContain("tidemark keys create");
});

test("keys that cannot be read are a fault of the config, and are not repeated", () => {
  const key = createKey();
  const server = {
    keys: new Secret(JSON.stringify([{ name: "a", [key]: key }])),
    listen: { host: "127.0.0.1", port: 0 },
  };

  const listen = () => listeningOf(server, { host: null, port: null });

  expect(listen).toThrow(expect.objectContaining({ exitCode: exitCodes.config }));
  expect(messageOf(listen)).toContain("server.keys: entry 1");
  expect(messageOf(listen)).not.toContain(key);
});

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  throw new Error("nothing was thrown");
}
