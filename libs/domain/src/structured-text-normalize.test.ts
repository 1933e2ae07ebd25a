import { normalizeText } from "./structured-text-normalize.ts";
import type { Normalization } from "./structured-text-normalize.ts";

function normalized(text: string, normalization: Normalization = "nfc"): string | undefined {
  const result = normalizeText(
    { title: null, blocks: [{ kind: "paragraph", text }] },
    normalization,
  );
  return result.blocks[0]?.text;
}

test("each form spells a text in its way", () => {
  expect(normalized("e\u0301 \ufb01", "nfc")).toBe("\u00e9 \ufb01");
  expect(normalized("e\u0301 \ufb01", "nfkc")).toBe("\u00e9 fi");
  expect(normalized("e\u0301 \ufb01", "none")).toBe("e\u0301 \ufb01");
});

test("controls go, lone surrogates are replaced, line breaks are one kind", () => {
  expect(normalized("a\u0000b\u0007 \ud800c\r\nd\re\u2028f\tg", "none")).toBe(
    "ab \ufffdc\nd\ne\nf\tg",
  );
});

test("blocks and titles left blank are dropped", () => {
  const text = { title: "\u0000", blocks: [{ kind: "code", text: "\u0001 \r\n" }] } as const;

  expect(normalizeText(text, "nfc")).toEqual({ title: null, blocks: [] });
});
