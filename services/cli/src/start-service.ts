/** Starts one service of the distributed shape; each is loaded only when it is the one. */
interface Runnable {
  run(args: readonly string[]): Promise<void>;
}

const services = {
  ingestor: () => import("@tidemark/ingestor"),
  connector: () => import("@tidemark/connector"),
  restrictor: () => import("@tidemark/restrictor"),
  chunker: () => import("@tidemark/chunker"),
  embedder: () => import("@tidemark/embedder"),
  upserter: () => import("@tidemark/upserter"),
  freshness: () => import("@tidemark/freshness"),
  gateway: () => import("@tidemark/gateway"),
} satisfies Readonly<Record<string, () => Promise<Runnable>>>;

export type StartedService = keyof typeof services;
export const serviceNames = Object.keys(services) as readonly StartedService[];

/** The process ends itself, with an exit code of its own, once it has drained. */
export async function startService(
  service: StartedService,
  options: {
    readonly config?: readonly string[];
    readonly host?: string;
    readonly port?: number;
  },
): Promise<void> {
  const { run } = await services[service]();
  await run([
    ...(options.config ?? []).flatMap((file) => ["--config", file]),
    ...(options.host === undefined ? [] : ["--host", options.host]),
    ...(options.port === undefined ? [] : ["--port", String(options.port)]),
  ]);
}
