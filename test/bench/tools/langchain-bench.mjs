/**
 * The corpus through LangChain.js: its Markdown splitter, its `index()`, its record manager and
 * vector store in memory. Arguments: folder, model file, tokenizer module, tokenizer file, chunk
 * size. Prints one JSON object a line; each line on standard input asks for another run.
 */
import { readFileSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [folder, modelFile, tokenizerModule, tokenizerFile, chunkSize] = process.argv.slice(2);
const tokensMax = 256;
const batchSize = 100;

// Packages are those of the scratch directory that this runs in, not those beside this file.
const require = createRequire(join(process.cwd(), "package.json"));
const load = (name) => import(pathToFileURL(require.resolve(name)).href).then(open);
const open = (module) => module.default ?? module;
const { index } = await load("@langchain/core/indexing");
const { Embeddings } = await load("@langchain/core/embeddings");
const { Document } = await load("@langchain/core/documents");
const { MemoryVectorStore } = await load("@langchain/classic/vectorstores/memory");
const { InMemoryRecordManager } = await load("@langchain/community/indexes/memory");
const { MarkdownTextSplitter } = await load("@langchain/textsplitters");
const { InferenceSession, Tensor } = await load("onnxruntime-node");
const { WordPieceTokenizer } = await import(pathToFileURL(tokenizerModule).href);

/** In this process, each text by itself: with this model faster than padded batches. */
class LocalEmbeddings extends Embeddings {
  texts = 0;
  tokens = 0;

  constructor(session, tokenizer) {
    super({});
    this.session = session;
    this.tokenizer = tokenizer;
  }

  async embedQuery(text) {
    const ids = BigInt64Array.from(this.tokenizer.encode(text), BigInt);
    this.texts += 1;
    this.tokens += ids.length;
    const dims = [1, ids.length];
    const { embedding } = await this.session.run({
      input_ids: new Tensor("int64", ids, dims),
      attention_mask: new Tensor("int64", new BigInt64Array(ids.length).fill(1n), dims),
    });
    return Array.from(embedding.data);
  }

  async embedDocuments(texts) {
    const vectors = [];
    for (const text of texts) vectors.push(await this.embedQuery(text));
    return vectors;
  }
}

/** The store in memory cannot delete, which a clean-up needs: so much is added. */
class DeletingStore extends MemoryVectorStore {
  async addDocuments(documents, { ids }) {
    const before = this.memoryVectors.length;
    await super.addDocuments(documents);
    for (const [at, id] of ids.entries()) this.memoryVectors[before + at].id = id;
    return ids;
  }

  async delete({ ids }) {
    const gone = new Set(ids);
    this.memoryVectors = this.memoryVectors.filter(({ id }) => !gone.has(id));
  }
}

/** All documents, each time: `index()` finds what has changed by their hashes. */
async function loadDocuments(splitter) {
  const documents = [];
  for await (const key of glob("**/*.md", { cwd: folder })) {
    const pageContent = await readFile(join(folder, key), "utf8");
    documents.push(new Document({ pageContent, metadata: { source: key } }));
  }
  documents.sort((a, b) => (a.metadata.source < b.metadata.source ? -1 : 1));
  return splitter.splitDocuments(documents);
}

const say = (fields) => process.stdout.write(`${JSON.stringify(fields)}\n`);
const versionOf = (name) =>
  JSON.parse(readFileSync(join(process.cwd(), "node_modules", name, "package.json"), "utf8"))
    .version;

const session = await InferenceSession.create(modelFile, { executionProviders: ["cpu"] });
const tokenizer = WordPieceTokenizer.parse(readFileSync(tokenizerFile, "utf8"), tokensMax);
const embeddings = new LocalEmbeddings(session, tokenizer);
await embeddings.embedQuery("warm");
const vectorStore = new DeletingStore(embeddings);
const recordManager = new InMemoryRecordManager();
const splitter = new MarkdownTextSplitter({ chunkSize: Number(chunkSize), chunkOverlap: 0 });
say({
  event: "ready",
  versions: `@langchain/core ${versionOf("@langchain/core")}, onnxruntime-node ${versionOf("onnxruntime-node")}, Node ${process.versions.node}`,
  store: "MemoryVectorStore",
});

async function update() {
  embeddings.texts = 0;
  embeddings.tokens = 0;
  const began = performance.now();
  const docsSource = await loadDocuments(splitter);
  await index({
    docsSource,
    recordManager,
    vectorStore,
    options: { cleanup: "incremental", sourceIdKey: "source", batchSize },
  });
  const ms = performance.now() - began;
  const { texts, tokens } = embeddings;
  say({ event: "indexed", ms, stored: vectorStore.memoryVectors.length, texts, tokens });
}

await update();
for await (const _line of createInterface({ input: process.stdin })) await update();
process.exit(0);
