#!/usr/bin/env node
// Plain JavaScript, so that any Node can read it: finds a Node that runs the rest.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";

const least = [22, 18];
const exitCodeConfig = 78;
const launchedBy = "TIDEMARK_LAUNCHED_BY";

quietExperiments();
if (await isUsable()) {
  if (process.env[launchedBy]) endWithLauncher();
  const { main } = await import("./main.ts");
  // Not `exit`: what was written to a pipe is to arrive.
  process.exitCode = await main(process.argv.slice(2));
} else {
  const node = process.env[launchedBy] ? undefined : packagedNode();
  if (node) launch(node);
  else {
    process.stderr.write(
      `tidemark: Node ${process.versions.node} at ${process.execPath} cannot run this: ` +
        `${least.join(".")} or later with node:sqlite is needed\n` +
        "  fix: npm ci (it brings a Node on Linux and Windows x64), or install Node 24\n",
    );
    process.exitCode = exitCodeConfig;
  }
}

async function isUsable() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < least[0] || (major === least[0] && minor < least[1])) return false;
  try {
    await import("node:sqlite");
    return true;
  } catch {
    return false;
  }
}

/** The Node that npm installed for this platform, nearest first. */
function packagedNode() {
  const system = process.platform === "win32" ? "win" : process.platform;
  const file = system === "win" ? "node.exe" : "node";
  const inPackage = join("node_modules", `node-${system}-${process.arch}`, "bin", file);
  for (let place = import.meta.dirname ?? dirname(new URL(import.meta.url).pathname); ;) {
    const candidate = join(place, inPackage);
    if (existsSync(candidate)) return candidate;
    const above = dirname(place);
    if (above === place) return undefined;
    place = above;
  }
}

/** Stands in for the other Node: same streams, same signals, same end. */
function launch(node) {
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, [launchedBy]: String(process.pid) },
  });
  // A terminal sends its interrupt to both; from elsewhere it comes to this process alone.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`tidemark: ${node} cannot be started: ${error.message}\n`);
    process.exitCode = exitCodeConfig;
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** A launcher that was killed must not leave a process behind that holds the data directory. */
function endWithLauncher() {
  delete process.env[launchedBy];
  process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel?.unref();
}

/** What Node still calls experimental is tested here; saying so at every start helps nobody. */
function quietExperiments() {
  const warn = process.emitWarning.bind(process);
  process.emitWarning = (warning, ...rest) => {
    const [type] = rest;
    const name = typeof type === "object" ? type?.type : type;
    if (name !== "ExperimentalWarning") warn(warning, ...rest);
  };
}
