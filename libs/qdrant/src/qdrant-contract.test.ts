import { vectorIndexContract } from "@tidemark/testing";
import { FakeQdrant } from "./fixtures/fake-qdrant.ts";
import { openQdrantIndex } from "./open-qdrant-index.ts";

describe("on a server in memory", () => {
  let fake: FakeQdrant | undefined;
  beforeAll(async () => {
    fake = await FakeQdrant.start();
  });
  afterAll(() => fake?.[Symbol.asyncDispose]());

  vectorIndexContract("Qdrant", () => openQdrantIndex({ url: fake?.url ?? "" }), {
    documents: 1_000,
  });
});
