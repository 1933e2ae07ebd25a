/** The index on a real Qdrant under the contract of every index, its vectors whole and in bytes. */
import { openQdrantIndex } from "@tidemark/qdrant";
import { vectorIndexContract } from "@tidemark/testing";
import { describeWith } from "../servers/available.ts";
import { findQdrant } from "../servers/qdrant.ts";
import { freshPrefix, removeAll } from "./support/qdrant-collections.ts";

describeWith("qdrant", await findQdrant(), (qdrant) => {
  const prefix = freshPrefix();
  afterAll(() => removeAll(qdrant().url, prefix));

  vectorIndexContract("qdrant", () => openQdrantIndex({ url: qdrant().url, prefix }));
  vectorIndexContract("qdrant, vectors in bytes and on disk", () =>
    openQdrantIndex({ url: qdrant().url, prefix, quantization: "int8", onDisk: true }),
  );
});
