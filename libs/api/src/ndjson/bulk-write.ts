/**
 * Puts documents line by line. While a batch is being written nothing more is read, so that a fast
 * sender waits on its connection; a full queue is waited for, within a bound.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { documentId, type SourceName } from "@tidemark/domain";
import {
  OverloadedError,
  RequestError,
  TransientError,
  type Operations,
  type PushedDocument,
} from "@tidemark/pipeline";
import { requireOwnTenant } from "../auth/own-tenant.ts";
import type { Rights } from "../auth/rights.ts";
import { bounds } from "../bounds.ts";
import { faultOf, type Fault } from "../problem.ts";
import { acceptedToWire } from "../wire/accepted.ts";
import { linesOf } from "./lines.ts";
import { readLine } from "./read-line.ts";

/** What became of a line: accepted, or why not. */
export type LineAnswer =
  | { readonly line: number; readonly documentId: string; readonly token: string }
  | {
      readonly line: number;
      readonly key: string | null;
      readonly error: Pick<Fault, "status" | "code" | "detail" | "errors">;
    };

export interface BulkOptions {
  readonly operations: Operations;
  readonly source: SourceName;
  readonly rights: Rights;
  readonly signal: AbortSignal;
  /** W3C trace context of the request; all of its lines share it. */
  readonly trace: string | null;
  readonly lineBytesMax?: number;
  readonly linesMax?: number;
  readonly overloadWaitMsMax?: number;
}

/** @returns one answer a line that is not blank, in the order of the lines. */
export async function bulkWrite(
  pieces: AsyncIterable<Buffer | string>,
  options: BulkOptions,
): Promise<readonly LineAnswer[]> {
  const { lineBytesMax = bounds.lineBytesMax, linesMax = bounds.bulkLinesMax } = options;
  const answers: LineAnswer[] = [];
  let batch: PendingLine[] = [];
  let batchBytes = 0;
  const flush = async () => {
    answers.push(...(await writeBatch(batch, options)));
    batch = [];
    batchBytes = 0;
  };
  for await (const line of linesOf(pieces, { lineBytesMax })) {
    // What follows is read to its end and let go: a sender listens once it has sent everything.
    if (line.number > linesMax + 1) continue;
    if (line.number > linesMax) {
      await flush();
      answers.push(refused(line.number, null, tooManyLines(linesMax)));
      continue;
    }
    const read = readLine(line, options);
    if (read.kind === "blank") continue;
    if (read.kind === "faulty") {
      await flush();
      answers.push(refused(line.number, read.key, read.fault));
      continue;
    }
    batch.push({ line: line.number, document: read.document });
    batchBytes += read.bytes;
    const isFull = batch.length >= bounds.bulkBatchDocumentsMax;
    if (isFull || batchBytes >= bounds.bulkBatchBytesMax) await flush();
  }
  await flush();
  return answers;
}

interface PendingLine {
  readonly line: number;
  readonly document: PushedDocument;
}

/** Together when all are fine; one by one when something is, to tell which. */
async function writeBatch(
  batch: readonly PendingLine[],
  options: BulkOptions,
): Promise<readonly LineAnswer[]> {
  if (batch.length === 0) return [];
  try {
    return await writeTogether(batch, options);
  } catch (error) {
    if (!(error instanceof RequestError || error instanceof TransientError)) throw error;
    const first = batch[0];
    if (first !== undefined && batch.length === 1) {
      return [refused(first.line, first.document.key, faultOf(error))];
    }
    if (error instanceof TransientError) {
      return batch.map(({ line, document }) => refused(line, document.key, faultOf(error)));
    }
    const answers: LineAnswer[] = [];
    for (const one of batch) answers.push(...(await writeBatch([one], options)));
    return answers;
  }
}

async function writeTogether(
  batch: readonly PendingLine[],
  options: BulkOptions,
): Promise<readonly LineAnswer[]> {
  const { operations, source, rights, trace } = options;
  for (const { document } of batch) {
    await requireOwnTenant(operations, rights, documentId(source, document.key));
  }
  const documents = batch.map(({ document }) => ({ ...document, trace }));
  const accepted = await waitingOutOverload(() => operations.put(source, documents), options);
  return batch.map(({ line }, index) => {
    const one = accepted[index];
    if (!one) throw new Error("a put answered fewer documents than it was given");
    return { line, ...acceptedToWire(one) };
  });
}

async function waitingOutOverload<T>(work: () => Promise<T>, options: BulkOptions): Promise<T> {
  const { signal, overloadWaitMsMax = bounds.bulkOverloadWaitMsMax } = options;
  for (let waitedMs = 0; ;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof OverloadedError) || waitedMs >= overloadWaitMsMax) throw error;
      const pauseMs = Math.max(error.retryAfterMs ?? 0, bounds.bulkOverloadPauseMs);
      const leftMs = overloadWaitMsMax - waitedMs;
      waitedMs += pauseMs;
      await sleep(Math.min(pauseMs, leftMs), undefined, { signal });
    }
  }
}

function refused(
  line: number,
  key: string | null,
  { status, code, detail, errors }: Fault,
): LineAnswer {
  return { line, key, error: { status, code, detail, errors } };
}

function tooManyLines(linesMax: number): Fault {
  const detail = `a request has ${linesMax} lines at most; this one and those after it are not written`;
  return faultOf(new RequestError(413, "too-many-lines", detail));
}
