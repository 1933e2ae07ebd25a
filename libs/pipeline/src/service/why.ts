/** The whole life of a document, and the one sentence that says why it is found or is not. */
import {
  allows,
  compareRevisions,
  decodeMutation,
  decodeReceipt,
  formatRevision,
  standingOf,
  type Asker,
  type DocumentId,
  type GenerationId,
  type Manifest,
} from "@tidemark/domain";
import type { DeadLetterView, WhyReport } from "../operations.ts";
import type { DocumentHistory } from "../ports/document-history.ts";
import { isStale } from "../query/readable.ts";
import { mutationsTopic, receiptsTopic } from "../topics.ts";

const recordsMax = 50;

export async function explainDocument(input: {
  readonly id: DocumentId;
  readonly generation: GenerationId;
  readonly manifest: Manifest | undefined;
  readonly history: DocumentHistory;
  readonly deadLetters: readonly DeadLetterView[];
  readonly asker: Asker | null;
  /** What the source itself says now: whether it has the document and includes it. */
  readonly inSource: "present" | "filtered" | "gone" | "blocked" | "unknown";
  readonly isHeld: boolean;
}): Promise<WhyReport> {
  const { asker, deadLetters, generation, history, id, manifest } = input;
  const receipts = (await history.recordsOf(receiptsTopic, id, recordsMax)).flatMap(
    (record) => decodeReceipt(record.value ?? "") ?? [],
  );
  const mutations = (await history.recordsOf(mutationsTopic, id, recordsMax)).flatMap((record) => {
    const mutation = decodeMutation(record.value ?? "", record.offset);
    if (!("kind" in mutation)) return [];
    const isKnown = mutation.kind !== "unreadable";
    return {
      revision: mutation.revision,
      kind: mutation.kind,
      reason: isKnown ? mutation.reason : "unreadable",
      observedAtMs: isKnown ? mutation.observedAtMs : null,
      offset: record.offset,
    };
  });
  const { standing, explanation } = verdict(input, asker);
  return {
    documentId: id,
    standing,
    explanation,
    generation,
    manifest: manifest ?? null,
    receipts,
    mutations,
    deadLetters,
  };
}

type Judged = Pick<Parameters<typeof explainDocument>[0], "inSource" | "isHeld" | "manifest">;

/** How a document stands, for anybody or for the asker. */
export function verdict(
  input: Judged,
  asker: Asker | null,
): Pick<WhyReport, "standing" | "explanation"> {
  const { manifest, inSource, isHeld } = input;
  if (!manifest || manifest.seen.offset < 0) return neverSeen(inSource);
  const standing = standingOf(manifest);
  const { seen, indexed, failure } = manifest;
  if (isHeld && standing !== "deleted") {
    return {
      standing: "held",
      explanation:
        "its source lists it no more; the delete is held until `tidemark reconcile --confirm <number>`",
    };
  }
  if (standing === "searchable" && asker && indexed) {
    const isDenied = !allows(seen.policy, asker) || !allows(indexed.policy, asker);
    if (isDenied) return { standing: "denied", explanation: "its policy does not allow the asker" };
  }
  switch (standing) {
    case "searchable":
      return {
        standing,
        explanation: isStale(manifest)
          ? `revision ${formatRevision(indexed?.revision ?? seen.revision)} is searchable; ` +
            `revision ${formatRevision(seen.revision)} is on its way`
          : `revision ${formatRevision(seen.revision)} is searchable`,
      };
    case "empty":
      return { standing, explanation: "it is known and has no text, so it has no chunks" };
    case "deleted":
      return inSource === "filtered"
        ? { standing: "filtered", explanation: "its source's settings leave it out" }
        : { standing, explanation: `deleted at revision ${formatRevision(seen.revision)}` };
    case "archived":
      return { standing, explanation: "it is archived: kept, and never found" };
    case "unreadable":
      return { standing, explanation: "its permissions are not known, so nobody may read it" };
    case "failed":
      return {
        standing,
        explanation: `${failure?.reason ?? "failed"}: ${failure?.message ?? "no reason is known"}`,
      };
    case "waiting": {
      const isPassed = failure && compareRevisions(failure.revision, seen.revision) < 0;
      return {
        standing,
        explanation: isPassed
          ? `waiting for its first revision that succeeds; ${failure.reason} before`
          : "it was seen and waits to be embedded",
      };
    }
  }
}

function neverSeen(
  inSource: Parameters<typeof explainDocument>[0]["inSource"],
): Pick<WhyReport, "standing" | "explanation"> {
  switch (inSource) {
    case "present":
      return { standing: "waiting", explanation: "its source has it; it was not heard of yet" };
    case "blocked":
      return { standing: "waiting", explanation: "its source has it and does not let it be read" };
    case "filtered":
      return { standing: "filtered", explanation: "its source's settings leave it out" };
    case "gone":
    case "unknown":
      return { standing: "neverSeen", explanation: "no source ever had it" };
  }
}
