export { documentShare, type BudgetReached, type BudgetState } from "./daily-budget.ts";
export { OpenAiEmbedder, type OpenAiEmbedderOptions, type Spent } from "./openai-embedder.ts";
export { tokenEncodings, type TokenEncoding } from "./token-counter.ts";
