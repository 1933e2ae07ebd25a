/** From what the client gives to what is told of an object; the same by whatever way it was asked. */
import type { GetObjectCommandInput, GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { TransientError } from "@tidemark/pipeline";
import type { ListedObject, ObjectFacts, ObjectHead, ObjectPin } from "./bucket.ts";
import { headerText } from "./header-text.ts";

type Described = Pick<
  GetObjectCommandOutput,
  | "ETag"
  | "ContentLength"
  | "LastModified"
  | "StorageClass"
  | "Restore"
  | "VersionId"
  | "ContentType"
  | "Metadata"
>;

export interface Listed {
  readonly Key?: string;
  readonly ETag?: string;
  readonly Size?: number;
  readonly LastModified?: Date;
  readonly StorageClass?: string;
  readonly RestoreStatus?: {
    readonly IsRestoreInProgress?: boolean;
    readonly RestoreExpiryDate?: Date;
  };
}

/** What the object of a bucket without versions, or from before there were any, is called. */
const noVersion = "null";
const metadataPrefix = "x-amz-meta-";
const plainClass = "STANDARD";

export function headOf(output: Described): ObjectHead {
  const { ContentType, Metadata = {}, Restore = "", VersionId } = output;
  return {
    ...factsOf(output.ETag, output.ContentLength, output.LastModified),
    storageClass: output.StorageClass ?? plainClass,
    isRestored: Restore.includes('ongoing-request="false"'),
    versionId: VersionId === undefined || VersionId === noVersion ? null : VersionId,
    contentType: contentTypeOf(ContentType),
    metadata: Object.fromEntries(
      Object.entries(Metadata).map(([name, value]) => [nameOf(name), headerText(value)]),
    ),
  };
}

/** A part of an object says how large the whole is. */
export function wholeSizeOf(
  output: Pick<GetObjectCommandOutput, "ContentLength" | "ContentRange">,
): number {
  const { ContentLength = 0, ContentRange } = output;
  const whole = /\/(?<bytes>\d+)$/u.exec(ContentRange ?? "")?.groups?.["bytes"];
  return whole === undefined ? ContentLength : Number(whole);
}

export function listedOf(listed: Listed, isEncoded: boolean): ListedObject {
  const { Key = "", RestoreStatus } = listed;
  const isRestored =
    RestoreStatus?.IsRestoreInProgress === false && RestoreStatus.RestoreExpiryDate !== undefined;
  return {
    ...factsOf(listed.ETag, listed.Size, listed.LastModified),
    key: isEncoded ? decodedKey(Key) : Key,
    storageClass: listed.StorageClass ?? plainClass,
    isRestored,
  };
}

function decodedKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch (error) {
    const message = "the bucket cannot be listed: its keys are not encoded as it says";
    throw new TransientError(message, { cause: error });
  }
}

export function pinConditions(pin: ObjectPin): Partial<GetObjectCommandInput> {
  const { etag, versionId } = pin;
  return { IfMatch: `"${etag}"`, ...(versionId === null ? {} : { VersionId: versionId }) };
}

function factsOf(
  etag = "",
  sizeBytes = 0,
  modified = new Date(0),
): Pick<ObjectFacts, "etag" | "sizeBytes" | "modifiedAtS"> {
  return {
    etag: etag.replaceAll('"', ""),
    sizeBytes,
    modifiedAtS: Math.floor(modified.getTime() / 1000),
  };
}

/** What a writer leaves out is filled in by whoever stores it, and says nothing. */
function contentTypeOf(type = ""): string | null {
  const bare = type.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return bare === "" || bare.endsWith("/octet-stream") ? null : type;
}

function nameOf(name: string): string {
  const lower = name.toLowerCase();
  return lower.startsWith(metadataPrefix) ? lower.slice(metadataPrefix.length) : lower;
}
