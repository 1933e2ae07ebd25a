/** One thread that reads documents, one after the other. It has no network and no environment. */
import { parentPort } from "node:worker_threads";
import { PoisonError } from "@tidemark/pipeline";
import { extractDocument } from "./extract-document.ts";
import type { ExtractionJob } from "./extract-document.ts";
import type { WorkerReply } from "./worker-messages.ts";

delete (globalThis as { fetch?: unknown }).fetch;
delete (globalThis as { WebSocket?: unknown }).WebSocket;

const port = parentPort;
if (port === null) throw new TypeError("this file is the entry of a worker thread");

port.on("message", (job: ExtractionJob) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has none
  void reply(job).then((message) => port.postMessage(message));
});

async function reply(job: ExtractionJob): Promise<WorkerReply> {
  try {
    return { kind: "extracted", extracted: await extractDocument(job) };
  } catch (error) {
    if (error instanceof PoisonError) {
      return { kind: "poison", reason: error.reason, message: error.message };
    }
    // Whatever a parser throws at a document is about the document.
    return { kind: "poison", reason: "extraction-failed", message: String(error) };
  }
}
