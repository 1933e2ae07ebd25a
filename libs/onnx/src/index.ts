export { OnnxEmbedder } from "./onnx-embedder.ts";
export type { OnnxEmbedderOptions } from "./onnx-embedder.ts";
export type { PoolLoad } from "./embed-pool.ts";
export type { GoldenReport } from "./golden.ts";
export { WordPieceTokenizer, specialTokensCount } from "./wordpiece-tokenizer.ts";
export type { TokenSpan } from "./wordpiece-tokenizer.ts";
export { measureBareLimit } from "./bare-limit.ts";
export type { BareLimit, BareLimitOptions } from "./bare-limit.ts";
