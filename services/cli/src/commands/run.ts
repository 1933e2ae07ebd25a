import { Argument, Option, type Command } from "commander";
import { collected, wholeNumber, type Session } from "../command.ts";
import { serviceNames, startService, type StartedService } from "../start-service.ts";

interface Options {
  readonly port?: number;
  readonly host?: string;
  readonly dataDir?: string;
  readonly config?: readonly string[];
}

export function runCommands(program: Command, session: Session): void {
  running(program.command("dev"))
    .summary("run on a folder, for development")
    .description("Run everything in one process, on a folder or on the bundled handbook.")
    .argument("[path]", "the folder to index")
    .action((path: string | undefined, options: Options) =>
      run({ ...options, path: path ?? null, mode: "dev" }, session),
    );

  running(program.command("serve"))
    .summary("run as configured")
    .description("Run everything in one process as the config says, or one service of it alone.")
    .addArgument(new Argument("[service]", "the service to run alone").choices(serviceNames))
    .action((service: StartedService | undefined, options: Options) =>
      service
        ? startService(service, options)
        : run({ ...options, path: null, mode: "serve" }, session),
    );
}

function running(command: Command): Command {
  return command
    .addOption(new Option("--port <number>", "port to listen on").argParser(wholeNumber))
    .option("--host <name>", "host to listen on; off loopback, keys are required")
    .option("--data-dir <directory>", "where data is kept")
    .option("--config <file>", "config file; each is laid over those before it", collected);
}

/** The process ends itself, with an exit code of its own, once it has drained. */
async function run(
  options: Options & { readonly path: string | null; readonly mode: "dev" | "serve" },
  _session: Session,
): Promise<void> {
  const { runEmbedded } = await import("@tidemark/embedded");
  await runEmbedded({
    path: options.path,
    host: options.host ?? null,
    port: options.port ?? null,
    dataDirectory: options.dataDir ?? null,
    configFiles: options.config ?? [],
    mode: options.mode,
  });
}
