/** A broker's process, on a folder with its settings and its data. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "./cache.ts";
import { archiveFile, javaFlags, kafkaCache } from "./kafka-install.ts";
import { ServerProcess } from "./server-process.ts";

export const readyLine = /Kafka Server started/u;

export function startBroker(folder: string): Promise<ServerProcess> {
  const home = cacheDirectory(kafkaCache);
  const archive = join(home, archiveFile);
  return ServerProcess.start({
    program: "java",
    args: [
      ...(existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []),
      ...javaFlags,
      "-cp",
      join(home, "jars", "*"),
      "kafka.Kafka",
      join(folder, "server.properties"),
    ],
    // The broker looks for a folder of logs where it runs.
    cwd: folder,
    ready: readyLine,
  });
}
