/** The command line on this machine's terminal. */
import { text } from "node:stream/consumers";
import { runCli } from "./run-cli.ts";
import type { Stream } from "./terminal.ts";

const columnsDefault = 100;

/** @returns the exit code; the caller lets the process end by itself. */
export function main(commandLine: readonly string[]): Promise<number> {
  // A reader that has seen enough, such as `head`, ends this quietly.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return runCli(commandLine, {
    stdout: streamOf(process.stdout),
    stderr: streamOf(process.stderr),
    readStdin: () => text(process.stdin),
    environment: process.env,
    workingDirectory: process.cwd(),
    nowMs: () => Date.now(),
    pause,
  });
}

function streamOf(stream: NodeJS.WriteStream): Stream {
  return {
    isTTY: stream.isTTY ?? false,
    columns: stream.columns ?? columnsDefault,
    write: (written) => void stream.write(written),
  };
}

function pause(ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isOver: boolean) => {
      clearTimeout(timer);
      process.off("SIGINT", interrupted);
      resolve(isOver);
    };
    const interrupted = () => end(false);
    const timer = setTimeout(() => end(true), ms);
    process.on("SIGINT", interrupted);
  });
}
