/** For tests: a terminal that keeps what was written, and a process that answers as it is told. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { runCli } from "./run-cli.ts";

export const fakeNowMs = Date.UTC(2026, 0, 2, 3, 4, 5);

export interface FakeRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface FakeTerminalOptions {
  readonly isTTY?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly workingDirectory?: string;
  /** How often a command may wait before it is interrupted. */
  readonly pausesMax?: number;
}

export async function runFake(
  commandLine: readonly string[],
  options: FakeTerminalOptions = {},
): Promise<FakeRun> {
  const { environment = {}, isTTY = false, pausesMax = 100, stdin = "" } = options;
  const written = { stdout: "", stderr: "" };
  let pauses = 0;
  const stream = (name: "stdout" | "stderr") => ({
    isTTY,
    columns: 80,
    write: (text: string) => void (written[name] += text),
  });
  const exitCode = await runCli(commandLine, {
    stdout: stream("stdout"),
    stderr: stream("stderr"),
    readStdin: async () => stdin,
    environment,
    workingDirectory: options.workingDirectory ?? "/nowhere",
    nowMs: () => fakeNowMs,
    pause: async () => (pauses += 1) <= pausesMax,
  });
  return { exitCode, ...written };
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

type Answer = object | ((asked: Asked) => object);

/**
 * Answers `GET /v1/status` and the like with what is given; an answer with `code` is a problem and
 * has its `status`.
 */
export async function startFakeProcess(answers: Readonly<Record<string, Answer>>) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (piece) => (text += String(piece)));
    request.on("end", () => {
      const path = request.url ?? "";
      const one = {
        method: request.method ?? "",
        path,
        authorization: request.headers.authorization,
        body: text === "" ? undefined : (JSON.parse(text) as unknown),
      };
      asked.push(one);
      const answer = answers[`${one.method} ${path.split("?", 1)[0]}`];
      const value = typeof answer === "function" ? answer(one) : answer;
      const status = value && "code" in value && "status" in value ? value.status : 200;
      response.writeHead(value ? Number(status) : 404, { "content-type": "application/json" });
      response.end(JSON.stringify(value ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** As the process tells it. */
export function aProblem(status: number, code: string, detail: string) {
  const requestId = "r-1";
  return { status, code, detail, requestId, title: "", type: "", instance: "", errors: [] };
}
