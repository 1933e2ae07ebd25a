import { InferenceSession, Tensor, env } from "onnxruntime-node";

// What goes wrong is thrown; the runtime would also print it, in colours.
env.logLevel = "fatal";

/**
 * Opens a model for one thread. Calls of `run` block that thread, so this belongs in a worker.
 *
 * Throws when the device is not there: nothing falls back in silence.
 */
export async function openSession(
  modelFile: string,
  device: "cpu" | "cuda",
): Promise<InferenceSession> {
  return InferenceSession.create(modelFile, {
    executionProviders: [device],
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
}

/** Runs int64 ids [texts, tokens], none of them padding, and returns float32 [texts, width]. */
export async function runSession(
  session: InferenceSession,
  ids: BigInt64Array,
  shape: { readonly texts: number; readonly tokens: number },
): Promise<{ readonly values: Float32Array; readonly width: number }> {
  const dims = [shape.texts, shape.tokens];
  const outputs = await session.run({
    input_ids: new Tensor("int64", ids, dims),
    attention_mask: new Tensor("int64", new BigInt64Array(ids.length).fill(1n), dims),
  });
  const embedding = outputs["embedding"];
  if (!(embedding?.data instanceof Float32Array) || embedding.dims[0] !== shape.texts) {
    throw new Error("the model has no float32 output `embedding` with a row for each text");
  }
  return { values: embedding.data, width: embedding.data.length / shape.texts };
}
