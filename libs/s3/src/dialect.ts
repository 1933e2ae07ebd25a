/**
 * How servers spell events. It is declared, never guessed: a key that is decoded though it was not
 * encoded is another key, and nobody would know.
 */
export type Dialect = "aws" | "minio" | "rustfs" | "versitygw" | "floci" | "moto";

interface Spelling {
  /** `form`: percent-encoded, with `+` for a space. Events of EventBridge are plain for everyone. */
  readonly keys: "form" | "plain";
  /** Whether `sequencer` orders the writes of a key. */
  readonly isSequenced: boolean;
}

/** MinIO's `sequencer` is the time of one server of a cluster, and orders nothing. */
const spellings: Readonly<Record<Dialect, Spelling>> = {
  aws: { keys: "form", isSequenced: true },
  minio: { keys: "form", isSequenced: false },
  rustfs: { keys: "form", isSequenced: false },
  versitygw: { keys: "plain", isSequenced: false },
  floci: { keys: "plain", isSequenced: false },
  moto: { keys: "form", isSequenced: false },
};

export function isSequenced(dialect: Dialect): boolean {
  return spellings[dialect].isSequenced;
}

/** Null for a key that is not spelt as the dialect spells keys. */
export function decodeEventKey(key: string, dialect: Dialect): string | null {
  if (spellings[dialect].keys === "plain") return key;
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return null;
  }
}
