/** What passes between the extractor and its workers. */
import type { PoisonReason } from "@tidemark/pipeline";
import type { ExtractedText } from "./extract-document.ts";

export type WorkerReply =
  | { readonly kind: "extracted"; readonly extracted: ExtractedText }
  | { readonly kind: "poison"; readonly reason: PoisonReason; readonly message: string };
