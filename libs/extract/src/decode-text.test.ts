import { decodeHtml, decodeText } from "./decode-text.ts";

test("byte order marks win, then the charset, then UTF-8", () => {
  const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("wörd", "utf16le")]);

  expect(decodeText(wide, "text/plain; charset=latin1")).toBe("wörd");
  expect(decodeText(Buffer.from("w\xf6rd", "latin1"), 'text/plain; charset="ISO-8859-1"')).toBe(
    "wörd",
  );
  expect(decodeText(Buffer.from("\ufeffwörd"), null)).toBe("wörd");
  expect(decodeText(Buffer.from("wörd"), "text/plain; charset=nonsense")).toBe("wörd");
});

test("what is broken is replaced", () => {
  expect(decodeText(Buffer.from([0x61, 0xff, 0xc3, 0x62]), null)).toBe("a\ufffd\ufffdb");
});

test("HTML may name its charset itself", () => {
  const page = Buffer.from('<meta charset="windows-1252"><p>w\xf6rd', "latin1");

  expect(decodeHtml(page, "text/html")).toContain("wörd");
});
