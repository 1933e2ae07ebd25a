import { createHash } from "node:crypto";
import { TransientError } from "@tidemark/pipeline";
import { Extractor } from "./extractor.ts";
import type { ExtractorSettings } from "./extractor.ts";
import { docxParagraph, docxTable, sampleDocx } from "./sample-docx.ts";
import { samplePage, samplePdf } from "./sample-pdf.ts";

const shared = Extractor.open({ workers: 1 });
afterAll(() => shared[Symbol.asyncDispose]());

/** Reads one document as a file of that name would be. */
async function extract(
  fileName: string,
  content: Uint8Array | string,
  settings?: Partial<ExtractorSettings>,
) {
  if (settings === undefined) {
    return await shared.extract({ bytes: Buffer.from(content), contentType: null, fileName });
  }
  await using extractor = Extractor.open(settings);
  return await extractor.extract({ bytes: Buffer.from(content), contentType: null, fileName });
}

const page = `<!doctype html><html><head><title>Setup - Docs</title><style>a { b: c }</style></head>
<body><header>Site</header><nav><ul><li><a href="/">Home</a></li></ul></nav>
<main><article><h1>Setup</h1>
<p>The first paragraph says <b>in bold</b> what this page is about, at some length, so that it counts.</p>
<ul><li>one</li><li>two</li></ul><pre><code>a
  b</code></pre><table><tr><th>key</th><th>value</th></tr><tr><td>1</td><td>2</td></tr></table>
</article></main><footer>Copyright</footer><script>alert(1)</script></body></html>`;

const document = sampleDocx(
  docxParagraph("Leave", "Heading1") +
    docxParagraph("Everyone has thirty days.") +
    docxTable([
      ["year", "days"],
      ["2024", "30"],
    ]),
);

const pdf = samplePdf(
  [
    [
      { text: "Report", size: 20, y: 720 },
      { text: "The first page (of two).", size: 10, y: 690 },
    ],
    samplePage(["The second page."]),
  ],
  { title: "Yearly report" },
);

const markdown = "---\ntitle: Guide\npermissions: [group:hr]\n---\n# Head\n\nSome *words*.\n";

test("a page keeps its article and loses what surrounds it", async () => {
  const { text, contentType } = await extract("page.html", page);

  const all = text.blocks.map((block) => block.text).join("\n");
  expect(text.title).toBe("Setup - Docs");
  expect(contentType).toBe("text/html");
  expect(text.blocks).toContainEqual({ kind: "listItem", text: "two" });
  expect(text.blocks).toContainEqual({ kind: "code", text: "a\n  b" });
  expect(text.blocks).toContainEqual({ kind: "tableRow", text: "1 | 2" });
  expect(all).toMatch(/Setup\nThe first paragraph says in bold what/u);
  expect(all).not.toMatch(/Home|Copyright|alert|Site|b: c/u);
});

test("a page that is little but lists keeps them", async () => {
  const items = Array.from({ length: 30 }, (_, at) => `<li><a href="/${at}">Entry ${at}</a></li>`);

  const { text } = await extract(
    "list.html",
    `<body><div class="sidebar"><ul>${items.join("")}</ul></div>`,
  );

  expect(text.blocks.length).toBe(30);
});

test("a Word document keeps headings, paragraphs and rows", async () => {
  const { text } = await extract("leave.docx", document);

  expect(text).toEqual({
    title: "Leave",
    blocks: [
      { kind: "heading", level: 1, text: "Leave" },
      { kind: "paragraph", text: "Everyone has thirty days." },
      { kind: "tableRow", text: "year | days" },
      { kind: "tableRow", text: "2024 | 30" },
    ],
  });
});

test("a PDF is read page by page", async () => {
  const { text } = await extract("report.pdf", pdf);

  expect(text).toEqual({
    title: "Yearly report",
    blocks: [
      { kind: "heading", level: 1, text: "Report" },
      { kind: "paragraph", text: "The first page (of two)." },
      { kind: "paragraph", text: "The second page." },
    ],
  });
});

test("the last of 200 pages is found", async () => {
  const pages = Array.from({ length: 200 }, (_, at) => samplePage([`This is page ${at + 1}.`]));

  const { text } = await extract("long.pdf", samplePdf(pages));

  expect(text.blocks.at(-1)?.text).toContain("This is page 200.");
});

test("Markdown keeps its front matter apart", async () => {
  const { text, frontMatter, characters } = await extract("guide.md", markdown);

  expect(frontMatter).toEqual({ title: "Guide", permissions: ["group:hr"], metadata: {} });
  expect(text.title).toBe("Guide");
  expect(text.blocks.map((block) => block.text)).toEqual(["Head", "Some words."]);
  expect(characters).toBe("HeadSome words.".length);
});

test("large and small Markdown come out the same", async () => {
  const large = `${markdown}${"\n\nAnother paragraph of it.".repeat(1000)}`;

  const { text, frontMatter } = await extract("guide.md", large);

  expect(frontMatter?.title).toBe("Guide");
  expect(text.blocks.length).toBe(1002);
});

test.each(["a.txt", "a.md", "a.html", "a.pdf", "a.docx", "a"])(
  "an empty %s has no blocks",
  async (name) => {
    expect((await extract(name, "")).text).toEqual({ title: null, blocks: [] });
  },
);

test("broken UTF-8 is read with what is broken replaced", async () => {
  const bytes = Buffer.from([...Buffer.from("before "), 0xff, 0xfe, ...Buffer.from(" after")]);

  expect((await extract("a\n😀.txt", bytes)).text.blocks[0]?.text).toBe(
    "before \ufffd\ufffd after",
  );
});

const limits: readonly (readonly [
  string,
  string,
  string,
  string | Uint8Array,
  Partial<ExtractorSettings> | undefined,
])[] = [
  ["depth-limit", "vectors.extraction.nesting = 200", "a.html", "<div>".repeat(100_000), undefined],
  ["depth-limit", "vectors.extraction.nesting = 200", "a.md", ">".repeat(100_000), undefined],
  [
    "depth-limit",
    "vectors.extraction.nesting = 200",
    "a.docx",
    sampleDocx("<w:p>".repeat(100_000)),
    undefined,
  ],
  ["size-limit", "vectors.extraction.input = 10", "a.txt", "more than ten", { inputBytesMax: 10 }],
  ["size-limit", "vectors.extraction.text = 10", "a.txt", "more than ten", { outputCharsMax: 10 }],
  ["size-limit", "vectors.extraction.text = 10", "a.pdf", pdf, { outputCharsMax: 10 }],
  ["size-limit", "vectors.extraction.pages = 1", "a.pdf", pdf, { pagesMax: 1 }],
  ["size-limit", "archiveRatioMax = 100", "a.docx", sampleDocx(" ".repeat(50_000_000)), undefined],
  ["size-limit", "unpackedBytesMax = 300", "a.docx", document, { unpackedBytesMax: 300 }],
  ["time-limit", "vectors.extraction.time = 1", "a.html", page, { timeMsMax: 1 }],
  [
    "memory-limit",
    "vectors.extraction.memory = 60",
    "a.html",
    "<i>a</i>".repeat(1_000_000),
    { memoryMbMax: 60 },
  ],
];

test.each(limits)("%s says %s for %s", async (reason, setting, fileName, content, settings) => {
  await expect(extract(fileName, content, settings)).rejects.toMatchObject({
    reason,
    message: expect.stringContaining(setting),
  });
});

test.each([
  ["a.pdf", Buffer.from("%PDF-1.4 and nothing else"), "unreadable"],
  ["a.pdf", samplePdf([[]]), "no text"],
  ["a.docx", Buffer.from("PK"), "unreadable"],
  ["a.docx", sampleDocx("<w:p><w:r>"), "unreadable"],
])("a broken %s says what is wrong", async (fileName, content, message) => {
  await expect(extract(fileName, content)).rejects.toMatchObject({
    reason: "extraction-failed",
    message: expect.stringContaining(message),
  });
});

test("documents after one that broke its thread are read", async () => {
  await using extractor = Extractor.open({ workers: 1, memoryMbMax: 80 });
  const read = (fileName: string, content: string | Uint8Array) =>
    extractor.extract({ bytes: Buffer.from(content), contentType: null, fileName });

  const all = await Promise.allSettled([
    read("a.docx", document),
    read("b.html", "<i>a</i>".repeat(1_000_000)),
    read("c.docx", document),
    read("d.pdf", pdf),
  ]);

  expect(all.map((one) => one.status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
});

test("a signal stops a document that is read or waits", async () => {
  await using extractor = Extractor.open({ workers: 1 });
  const stop = new AbortController();
  const read = () =>
    extractor.extract({ bytes: pdf, contentType: null, fileName: "a.pdf", signal: stop.signal });
  const both = Promise.allSettled([read(), read()]);

  stop.abort(new Error("stopped"));

  for (const one of await both) expect(one).toMatchObject({ reason: { message: "stopped" } });
});

test("closing ends what is read as something to try again", async () => {
  const extractor = Extractor.open({ workers: 1 });
  const read = () => extractor.extract({ bytes: pdf, contentType: null, fileName: "a.pdf" });
  const all = Promise.allSettled([read(), read()]);

  await extractor[Symbol.asyncDispose]();

  for (const one of await all) expect(one).toMatchObject({ reason: expect.any(TransientError) });
  await expect(read()).rejects.toThrow(TransientError);
});

test("the bytes stay the caller's", async () => {
  const bytes = Buffer.from(pdf);

  await extract("a.pdf", bytes);

  expect(bytes.equals(pdf)).toBe(true);
});

/** When this fails after a parser's update, raise the version: generations are rebuilt by it. */
test("the samples come out as this version has them", async () => {
  const samples: readonly (readonly [string, string | Uint8Array])[] = [
    ["a.html", page],
    ["a.docx", document],
    ["a.pdf", pdf],
    ["a.md", markdown],
    ["a.txt", "one\n\ntwo"],
    ["a.py", "if a:\n  b"],
  ];
  const hash = createHash("sha256");
  for (const [fileName, content] of samples) {
    const { text } = await extract(fileName, content);
    hash.update(JSON.stringify(text));
  }

  expect({ version: shared.version, digest: hash.digest("hex").slice(0, 16) }).toEqual({
    version: "1",
    digest: "b84f02274a7e6bfe",
  });
});
