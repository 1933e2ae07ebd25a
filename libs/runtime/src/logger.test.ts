import { Secret } from "./config/secret.ts";
import { createLogger, type LoggerOptions } from "./logger.ts";

test("off a terminal a line is JSON with the facts as fields", () => {
  const { logger, lines } = collecting({ fields: { service: "embedded" } });

  logger.warn({ documentId: "files/a.md", attempts: 3 }, "dead letter");

  const { time, ...line } = JSON.parse(lines[0] ?? "") as Record<string, unknown>;
  expect(line).toEqual({
    level: "warn",
    service: "embedded",
    documentId: "files/a.md",
    attempts: 3,
    message: "dead letter",
  });
  expect(Date.parse(String(time))).not.toBeNaN();
});

test("on a terminal a line is short and steers nothing", () => {
  const { logger, lines } = collecting({ form: "text", fields: { service: "embedded" } });

  logger.info({ documentId: "files/\u001B[2Ja\u0007.md", words: "a b" }, "found");

  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d info {2}found {2}documentId=\S+ words="a b"\n$/u);
  expect(lines[0]).not.toContain("\u001B");
  expect(lines[0]).not.toContain("\u0007");
  expect(lines[0]).not.toContain("service");
});

test("colors are for terminals", () => {
  const { logger, lines } = collecting({ isTerminal: true });

  logger.error({}, "failed");

  expect(lines[0]).toContain("\u001B[31merror\u001B[0m");
});

test.each(["json", "text"] as const)("secrets are hidden in %s, by type and by name", (form) => {
  const { logger, lines } = collecting({ form });

  logger.error(
    {
      value: new Secret("hunter2"),
      password: "hunter2",
      headers: { authorization: "Bearer hunter2" },
      deep: { of: { value: new Secret("hunter2") } },
    },
    "refused",
  );

  expect(lines.join("")).not.toContain("hunter2");
  expect(lines.join("").split("[hidden]")).toHaveLength(5);
});

test("an error is told with its cause and its stack", () => {
  const error = new Error("outer", { cause: new Error("inner") });
  const json = collecting({});
  const text = collecting({ form: "text" });

  json.logger.error({ error }, "failed");
  text.logger.error({ error }, "failed");

  expect(JSON.parse(json.lines[0] ?? "")).toMatchObject({
    error: { message: "outer", cause: { message: "inner" } },
  });
  expect(text.lines[0]).toContain("Error: outer");
  expect(text.lines[0]).toContain("logger.test.ts");
});

test("what is below the level is not said", () => {
  const { logger, lines } = collecting({ level: "warn" });

  logger.info({}, "found");

  expect(lines).toEqual([]);
});

function collecting(options: Omit<LoggerOptions, "write">) {
  const lines: string[] = [];
  return { logger: createLogger({ ...options, write: (line) => lines.push(line) }), lines };
}
