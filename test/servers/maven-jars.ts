/** Jars of a Java server and of all it needs, fetched by Maven. */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const withinMs = 15 * 60_000;
const outputBytesMax = 8 << 20;

export interface MavenDependency {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
}

/** Copies the jars into a directory. @throws with the last that Maven said */
export async function copyJars(
  directory: string,
  dependencies: readonly MavenDependency[],
): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "pom.xml"), pomOf(dependencies));
  try {
    await run(
      "mvn",
      [
        "-B",
        "-q",
        "dependency:copy-dependencies",
        "-DincludeScope=runtime",
        `-DoutputDirectory=${directory}`,
      ],
      { cwd: directory, timeout: withinMs, maxBuffer: outputBytesMax },
    );
  } catch (error) {
    const { message, stdout = "" } = error as Error & { readonly stdout?: string };
    const told = stdout.trim().split("\n").slice(0, 3).join(" ");
    throw new Error(`mvn: ${told || message}`, { cause: error });
  }
}

/** Null when the program answers, else why it does not. */
export async function absenceOf(program: string, versionFlag: string): Promise<string | null> {
  try {
    await run(program, [versionFlag], { timeout: 60_000 });
    return null;
  } catch {
    return `${program} is not on PATH`;
  }
}

function pomOf(dependencies: readonly MavenDependency[]): string {
  const lines = dependencies.map(
    ({ group, artifact, version }) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId>` +
      `<version>${version}</version></dependency>`,
  );
  return `<project>
<modelVersion>4.0.0</modelVersion>
<groupId>tidemark</groupId><artifactId>test-server</artifactId><version>1</version>
<dependencies>
${lines.join("\n")}
</dependencies>
</project>
`;
}
