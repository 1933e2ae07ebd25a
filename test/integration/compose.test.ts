/** docker-compose.yml as Docker's own tool reads it; test/deploy.test.ts does without the tool. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { readComposeFile, root } from "../deploy/compose-file.ts";
import { describeWith, type Finding } from "../servers/available.ts";

const run = promisify(execFile);

const compose = async (...args: readonly string[]): Promise<string> => {
  const { stdout } = await run("docker", ["compose", ...args], { cwd: root });
  return stdout;
};

/** Needs no daemon: only the command, which is a part of its own. */
async function findCompose(): Promise<Finding<AsyncDisposable>> {
  const name = "compose";
  try {
    await compose("version");
    return { kind: "found", name, start: async () => ({ async [Symbol.asyncDispose]() {} }) };
  } catch {
    return { kind: "absent", name, reason: "`docker compose` is not installed" };
  }
}

describeWith("docker compose", await findCompose(), () => {
  test("takes the file as it is", async () => {
    expect(await compose("config", "--quiet")).toBe("");
  });

  test.each([
    ["as it is started", [], (profiles: readonly string[]) => profiles.length === 0],
    ["with Debezium", ["--profile", "debezium"], () => true],
  ] as const)("reads of it what the tests read, %s", async (_how, options, isStarted) => {
    const named = (await compose(...options, "config", "--services")).trim().split("\n");

    const services = Object.entries(readComposeFile().services);
    const started = services.filter(([, { profiles = [] }]) => isStarted(profiles));
    expect(named.toSorted()).toEqual(started.map(([name]) => name).toSorted());
  });
});
