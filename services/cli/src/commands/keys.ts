import { appendFile, chmod, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { KeyRecord } from "@tidemark/api";
import { exitCodes } from "@tidemark/runtime";
import { Option, type Command } from "commander";
import { CliError } from "../cli-error.ts";
import { systemCodeOf } from "../system-error.ts";
import { collected, outputFor, speaking, type Common, type Session } from "../command.ts";

interface CreateOptions extends Common {
  readonly scope?: readonly string[];
  readonly tenant?: readonly string[];
  readonly principal?: readonly string[];
  readonly source?: readonly string[];
  readonly file?: string;
}

const ownerOnly = 0o600;

export function keyCommands(program: Command, session: Session): void {
  const keys = program
    .command("keys")
    .summary("make API keys")
    .description("API keys: shown once, kept as a hash in the file that server.keys names.");

  speaking(keys.command("create"))
    .description("Make a key and print it once, with the line that the keys file takes.")
    .argument("<name>", "who or what will use it")
    .addOption(
      new Option("--scope <scope>", "search, write or admin; may be repeated (default: search)")
        .choices(["search", "write", "admin"])
        .argParser(collected),
    )
    .option("--tenant <name>", "only for this tenant; may be repeated", collected)
    .option("--principal <name>", "only as this principal; may be repeated", collected)
    .option("--source <name>", "only of this source; may be repeated", collected)
    .option("--file <path>", "append the line to this keys file")
    .action(async (name: string, options: CreateOptions) => create(name, options, session));

  speaking(keys.command("hash"))
    .description("Read a key from standard input and print the hash that the keys file takes.")
    .action(async (options: Common) => {
      const key = (await session.terminal.readStdin()).trim();
      if (key === "") throw new CliError(exitCodes.usage, "no key was written to standard input");
      const { hashKey } = await import("@tidemark/api");
      const output = outputFor(session, options);
      if (options.json) output.json({ hash: hashKey(key) });
      else output.line(hashKey(key));
    });
}

async function create(name: string, options: CreateOptions, session: Session): Promise<void> {
  const { createKey, hashKey, keyRecordSchema } = await import("@tidemark/api");
  const key = createKey();
  const parsed = keyRecordSchema.safeParse({
    name,
    hash: hashKey(key),
    scopes: options.scope ?? ["search"],
    tenants: options.tenant ?? "*",
    principals: options.principal ?? "*",
    sources: options.source ?? "*",
  });
  if (!parsed.success) {
    const details = parsed.error.issues.map(({ path, message }) => {
      const where = path.map(String).join(".");
      return where === "" ? message : `${where}: ${message}`;
    });
    throw new CliError(exitCodes.usage, "no such key can be made", { details });
  }
  const record = parsed.data;
  const file = options.file && resolve(session.terminal.workingDirectory, options.file);
  if (file) await append(file, record);
  const output = outputFor(session, options);
  if (options.json) return output.json({ key, record });
  output.lines([
    key,
    "",
    "This is the only time it is shown. The process knows it by this line:",
    JSON.stringify(record),
    ...(file ? [`added to ${file}`] : ["add it to the file that server.keys names"]),
  ]);
}

/** Refused where the name is taken, so that a log line names one key. */
async function append(file: string, record: KeyRecord): Promise<void> {
  const { parseKeys } = await import("@tidemark/api");
  const text = await existing(file);
  const line = JSON.stringify(record);
  const isList = text.trimStart().startsWith("[");
  const separator = text === "" || text.endsWith("\n") ? "" : "\n";
  try {
    if (isList) throw new RangeError("it is a JSON list: add the line to it by hand");
    parseKeys(`${text}${separator}${line}\n`);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CliError(exitCodes.config, `${file}: ${error.message}`);
  }
  await appendFile(file, `${separator}${line}\n`, { mode: ownerOnly });
  await chmod(file, ownerOnly);
}

async function existing(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === null) throw error;
    if (code === "ENOENT") return "";
    throw new CliError(exitCodes.config, `${file} cannot be read: ${code}`, { cause: error });
  }
}
