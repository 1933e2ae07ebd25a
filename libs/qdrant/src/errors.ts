/** What of this index fails for a reason of its own, by name. */
import { TransientError } from "@tidemark/pipeline";

/** The server is too old, or does not do what the commit protocol rests on. */
export class UnfitServerError extends Error {
  override name = "UnfitServerError";
}

/** Deleting a collection deletes the alias that searches use, and says nothing. */
export class AliasedGenerationError extends Error {
  override name = "AliasedGenerationError";
}

/** A collection of this name is there and is of another width or make. */
export class OtherCollectionError extends Error {
  override name = "OtherCollectionError";
}

/** More replicas than the commit protocol was shown to hold on. */
export class ReplicationRefusedError extends Error {
  override name = "ReplicationRefusedError";
}

/** The request was refused: by the server's access rules, or because it is wrong. */
export class RefusedRequestError extends Error {
  override name = "RefusedRequestError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A collection is not there: wiped, or dropped by another process. */
export class MissingCollectionError extends TransientError {
  override name = "MissingCollectionError";
}
