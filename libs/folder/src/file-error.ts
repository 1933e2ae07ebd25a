/** What an operating system's error says about a file. */
import { types } from "node:util";

export type FileFault =
  | { readonly kind: "absent" }
  | { readonly kind: "blocked"; readonly reason: string }
  /** The machine is short of something: the same call may succeed later. */
  | { readonly kind: "transient"; readonly reason: string };

export const absentCodes = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG"]);
const scarceCodes = new Set(["EMFILE", "ENFILE", "ENOMEM", "EAGAIN", "EINTR", "ETXTBSY"]);

/**
 *   code                             outcome
 *   ENOENT, ENOTDIR, ENAMETOOLONG    absent, if the root is still the root
 *   EMFILE, ENFILE, ENOMEM, …        transient
 *   EACCES, EPERM, EIO, ELOOP, …     blocked: there, or perhaps there, and not readable
 *   none                             a bug: thrown again
 */
export function faultOf(error: unknown): FileFault {
  const code = codeOf(error);
  if (code === null) throw error;
  if (absentCodes.has(code)) return { kind: "absent" };
  if (scarceCodes.has(code)) return { kind: "transient", reason: code };
  return { kind: "blocked", reason: code };
}

/** The error's code when the operating system gave it one. */
export function codeOf(error: unknown): string | null {
  if (!types.isNativeError(error) || !("code" in error) || !("syscall" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}
