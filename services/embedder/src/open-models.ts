/** Opens the models of the config that are run by ONNX, each once. */
import { modelDirectoryOf, OnnxEmbedder, type RunFacts } from "@tidemark/onnx";
import {
  ExitError,
  exitCodes,
  type Config,
  type Logger,
  type OnnxEmbedderConfig,
} from "@tidemark/runtime";

export interface OpenedModel {
  readonly embedder: OnnxEmbedder;
  readonly device: string;
  readonly golden: OnnxEmbedder["golden"];
}

export interface OpenModelsOptions {
  readonly config: Pick<Config, "embedders">;
  readonly logger: Logger;
  readonly resources: AsyncDisposableStack;
  /** Threads that there is memory for, where a model's config does not say how many. */
  readonly workersMax: number;
  /** Told of each run, with the model's name. */
  readonly onRun: (model: string, run: RunFacts) => void;
}

/**
 * The models by their own names. `endpoint` is for those who ask, and does not count here.
 *
 * Throws `ExitError` for a config without a model, and for one that cannot be run here.
 */
export async function openModels(
  options: OpenModelsOptions,
): Promise<ReadonlyMap<string, OpenedModel>> {
  const models = new Map<string, OpenedModel>();
  const names = new Map<string, string>();
  for (const [name, wanted] of Object.entries(options.config.embedders)) {
    if (wanted.kind !== "onnx") continue;
    const directory = modelDirectoryOf(wanted.model);
    const first = names.get(directory);
    if (first !== undefined) {
      requireSame(options.config, first, name);
      continue;
    }
    names.set(directory, name);
    const model = await open(name, wanted, options);
    const called = model.embedder.space.model;
    if (models.has(called)) {
      throw refused(`embedders.${name}: another model is called ${called} too`);
    }
    models.set(called, model);
  }
  if (models.size === 0) throw refused("the config has no embedder of kind: onnx to serve");
  return models;
}

async function open(
  name: string,
  { batchTokensMax, device, model, workers }: OnnxEmbedderConfig,
  { logger, onRun, resources, workersMax }: OpenModelsOptions,
): Promise<OpenedModel> {
  // What runs before it is open are the golden texts.
  let called: string | null = null;
  let embedder: OnnxEmbedder;
  try {
    embedder = await OnnxEmbedder.open({
      modelDirectory: modelDirectoryOf(model),
      device,
      workersMax,
      onRun: (run) => called !== null && onRun(called, run),
      ...(workers === undefined ? {} : { workers }),
      ...(batchTokensMax === undefined ? {} : { tokensPerRunMax: batchTokensMax }),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refused(`embedders.${name}: ${reason}`, error);
  }
  resources.use(embedder);
  const { golden, space, withoutCuda } = embedder;
  called = space.model;
  const facts = { embedder: name, model: space.model, device: embedder.device };
  if (withoutCuda !== null) logger.warn({ ...facts, reason: withoutCuda }, "no GPU is used");
  const cosines = { mean: golden.mean, min: golden.min };
  if (golden.verdict === "warn") {
    logger.warn({ ...facts, ...cosines }, "golden texts are not quite met");
  }
  logger.info({ ...facts, ...cosines, dimension: space.dimension }, "model is open");
  return { embedder, device: embedder.device, golden };
}

/** Two names for one model are served as one, so what they say of it must agree. */
function requireSame({ embedders }: Pick<Config, "embedders">, first: string, name: string): void {
  const [one, other] = [embedders[first], embedders[name]] as readonly OnnxEmbedderConfig[];
  if (one?.device === other?.device && one?.workers === other?.workers) return;
  throw refused(`embedders.${first} and .${name} are one model with other device or workers`);
}

function refused(message: string, cause?: unknown): ExitError {
  return new ExitError(exitCodes.config, message, { cause });
}
