/**
 * Tells a Kafka Connect of its connectors, and waits until each of them runs. It may run any number of
 * times: what is there already is left, or changed to what the file says.
 *
 *   node deploy/compose/register-debezium.ts --connect http://debezium:8083 products.json…
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

const withinMs = 120_000;
const againAfterMs = 500;
const answerWithinMs = 10_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { connect: { type: "string", default: "http://debezium:8083" } },
});
const untilMs = performance.now() + withinMs;
for (const file of positionals) await register(basename(file, ".json"), readFileSync(file, "utf8"));

async function register(name: string, config: string): Promise<void> {
  const path = `/connectors/${encodeURIComponent(name)}`;
  const headers = { "content-type": "application/json" };
  await untilTrue(`${name} is taken`, async () => {
    const { body, status } = await ask(`${path}/config`, { method: "PUT", headers, body: config });
    if (status === 400) throw new Error(`${name} is refused: ${body}`);
    return status === 200 || status === 201;
  });
  await untilTrue(`${name} runs`, async () => {
    const { body, status } = await ask(`${path}/status`, {});
    if (status !== 200) return false;
    const { connector, tasks } = JSON.parse(body) as Status;
    const failed = [connector, ...tasks].find(({ state }) => state === "FAILED");
    if (failed) throw new Error(`${name} has failed: ${failed.trace ?? body}`);
    return tasks.length > 0 && tasks.every(({ state }) => state === "RUNNING");
  });
  process.stdout.write(`connector ${name} runs\n`);
}

interface Status {
  readonly connector: State;
  readonly tasks: readonly State[];
}

interface State {
  readonly state: string;
  readonly trace?: string;
}

/** Connect answers 409 while its group forms, and nothing while it starts: status 0. */
async function ask(path: string, init: RequestInit): Promise<{ status: number; body: string }> {
  const signal = AbortSignal.timeout(answerWithinMs);
  try {
    const answer = await fetch(`${values.connect}${path}`, { ...init, signal });
    return { status: answer.status, body: await answer.text() };
  } catch (error) {
    return { status: 0, body: String(error) };
  }
}

async function untilTrue(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) {
    if (performance.now() > untilMs) throw new Error(`after ${withinMs} ms still not: ${what}`);
    await sleep(againAfterMs);
  }
}
