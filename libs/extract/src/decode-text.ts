import { errorCode } from "./error-code.ts";

const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)/iu;
const META_CHARSET = /<meta[^>]{0,200}?charset\s*=\s*["']?([\w-]{2,40})/iu;
/** Browsers look for it no further either. */
const META_BYTES = 1024;

/**
 * Bytes as text: by byte order mark, else by the content type's charset, else UTF-8. What is broken
 * becomes U+FFFD; nothing throws.
 */
export function decodeText(bytes: Uint8Array, contentType: string | null): string {
  return new TextDecoder(bomEncoding(bytes) ?? charsetOf(contentType) ?? "utf-8").decode(bytes);
}

/** The same for HTML, which may name its charset itself. */
export function decodeHtml(bytes: Uint8Array, contentType: string | null): string {
  const said = charsetOf(contentType);
  if (said !== undefined || bomEncoding(bytes) !== undefined) return decodeText(bytes, contentType);
  const head = Buffer.from(bytes.subarray(0, META_BYTES)).toString("latin1");
  return new TextDecoder(known(META_CHARSET.exec(head)?.[1]) ?? "utf-8").decode(bytes);
}

export function bomEncoding(bytes: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return "utf-8";
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return undefined;
}

function charsetOf(contentType: string | null): string | undefined {
  return known(CHARSET.exec(contentType ?? "")?.[1]);
}

/** Undefined for a charset nobody knows: then it is read as if none were named. */
function known(label: string | undefined): string | undefined {
  if (label === undefined) return undefined;
  try {
    return new TextDecoder(label).encoding;
  } catch (error) {
    if (errorCode(error) === "ERR_ENCODING_NOT_SUPPORTED") return undefined;
    throw error;
  }
}
