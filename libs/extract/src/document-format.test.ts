import { PoisonError } from "@tidemark/pipeline";
import { formatOf } from "./document-format.ts";

const text = Buffer.from("Some words.");
const random = Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7919) % 256));

test.each([
  ["text/markdown; charset=utf-8", null, text, "markdown"],
  ["TEXT/HTML", "page.md", text, "html"],
  ["text/plain", "page.md", text, "markdown"],
  ["text/plain", "notes.txt", text, "text"],
  ["text/plain", "main.rs", text, "lines"],
  ["text/plain", null, text, "text"],
  ["application/json", "a", text, "text"],
  ["application/vnd.acme+json", "a.json", text, "lines"],
  [null, "README", text, "text"],
  [null, "a.PDF", text, "pdf"],
  ["application/octet-stream", null, Buffer.from("%PDF-1.7\n"), "pdf"],
  [null, null, Buffer.from("  <!DOCTYPE html><p>x"), "html"],
  [null, "odd\nname 😀.md", text, "markdown"],
  [null, null, Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("wide", "utf16le")]), "text"],
])("type %j and name %j are read as they say", (contentType, fileName, bytes, format) => {
  expect(formatOf({ bytes, contentType, fileName })).toBe(format);
});

test.each([
  ["image/png", "a.png", text],
  ["application/vnd.ms-excel", "a.xls", text],
  [null, "a.bin", random],
  ["text/plain", "a.txt", random],
  [null, null, Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13])],
])("type %j and name %j are refused when they are no text", (contentType, fileName, bytes) => {
  const refused = () => formatOf({ bytes, contentType, fileName });

  expect(refused).toThrow(PoisonError);
  expect(refused).toThrow(expect.objectContaining({ reason: "unsupported-type" }));
});
