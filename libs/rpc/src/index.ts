export { EmbedderServer } from "./embedder-server.ts";
export type { EmbedderServerOptions } from "./embedder-server.ts";
export { embedOutcomes } from "./answer-request.ts";
export type { AnsweredFacts, EmbedOutcome, ServedModel } from "./answer-request.ts";
export { RpcEmbedder } from "./rpc-embedder.ts";
export type { RpcEmbedderOptions, Tokenizer } from "./rpc-embedder.ts";
export { clientBounds, serverBounds } from "./bounds.ts";
export type { ClientTls, ServerTls } from "./tls.ts";
export { spaceFingerprint } from "./space-fingerprint.ts";
