import { PrimitiveIndex } from "@tidemark/pipeline";
import { vectorIndexContract } from "./contracts/vector-index.ts";
import { MemoryPrimitives } from "./memory-primitives.ts";
import { MemoryVectorIndex } from "./memory-vector-index.ts";

vectorIndexContract("memory with transactions", async () => new MemoryVectorIndex());

vectorIndexContract(
  "memory with primitives",
  async () => new PrimitiveIndex(new MemoryPrimitives()),
);
