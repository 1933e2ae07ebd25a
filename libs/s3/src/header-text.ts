/**
 * The text of a header that was given in more than ASCII. AWS answers with encoded words
 * (`=?UTF-8?B?…?=`), other servers with the bytes themselves, which the client reads as Latin-1.
 */
import { isUtf8 } from "node:buffer";

const encodedWord = /=\?utf-8\?([bq])\?([^?]*)\?=(?:\s+(?==\?))?/giu;

export function headerText(value: string): string {
  const decoded = value.replaceAll(encodedWord, (_word, form: string, text: string) =>
    form.toLowerCase() === "b" ? Buffer.from(text, "base64").toString() : fromQuoted(text),
  );
  if (decoded !== value) return decoded;
  const bytes = Buffer.from(value, "latin1");
  return bytes.toString("latin1") === value && isUtf8(bytes) ? bytes.toString() : value;
}

function fromQuoted(text: string): string {
  const bytes = text
    .replaceAll("_", " ")
    .replaceAll(/=([0-9a-f]{2})/giu, (_escape, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, "latin1").toString();
}
