import { PoisonError } from "@tidemark/pipeline";
import { frontMatterBytesMax, readFrontMatter } from "./front-matter.ts";

function read(text: string | Uint8Array, fileName = "page.md") {
  return readFrontMatter(Buffer.from(text), fileName);
}

function problemOf(text: string): PoisonError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof PoisonError) return error;
    throw error;
  }
  throw new Error("it was read");
}

test("front matter says title, readers, tenant, archived and metadata", () => {
  const text =
    "---\ntitle: Leave\npermissions: [group:hr, user:ann]\ntenant: acme\narchived: true\n" +
    "area: hr\nmetadata: { year: 2024, tags: [a, b] }\n---\nBody\n";

  const found = read(text);

  expect(found?.fields).toEqual({
    title: "Leave",
    permissions: ["group:hr", "user:ann"],
    tenant: "acme",
    archived: true,
    metadata: { area: "hr", year: 2024, tags: ["a", "b"] },
  });
  expect(text.slice(found?.bodyOffset)).toBe("Body\n");
});

test.each([
  ["public", "public"],
  ["deny", []],
  ["group:hr", ["group:hr"]],
  ["[]", []],
])("permissions: %s", (written, permissions) => {
  expect(read(`---\npermissions: ${written}\n---\n`)?.fields.permissions).toEqual(permissions);
});

test.each([
  ["", null],
  ["# No front matter\n", null],
  ["text\n---\npermissions: [a]\n---\n", null],
  ["--- a rule of four\nx: y\n---\n", null],
  ["---\nnothing closes this rule, and it names nothing", null],
  ["---\n---\nBody", 8],
  ["---\n# only a comment\n---\n", 25],
  ["---\r\ntitle: x\r\n---\r\nBody", 20],
  ["---\ntitle: x\n---", 16],
])("%j has its body at %j", (text, bodyOffset) => {
  expect(read(text)?.bodyOffset ?? null).toBe(bodyOffset);
});

test("the offset counts bytes, whatever the encoding", () => {
  const text = "---\ntitle: Übung\n---\nBody";
  const broken = Buffer.concat([
    Buffer.from('---\nx: "\xff"\n---\n', "latin1"),
    Buffer.from("Body"),
  ]);
  const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);
  const marked = Buffer.from(`\ufeff${text}`);

  expect(wide.subarray(read(wide)?.bodyOffset).toString("utf16le")).toBe("Body");
  expect(marked.subarray(read(marked)?.bodyOffset).toString()).toBe("Body");
  expect(broken.subarray(read(broken)?.bodyOffset).toString()).toBe("Body");
  expect(read(wide)?.fields.title).toBe("Übung");
});

test.each([
  ["---\na: 1\npermissions: [group:hr\n---\nBody", "line 4"],
  ["---\npermissions: [group:hr]\nBody without an end", "not closed"],
  ["---\npermissions [group:hr]\n---\n", "not a mapping"],
  ["---\npermissions: { group: hr }\n---\n", "permissions"],
  ["---\npermissions: [group:hr, 7]\n---\n", "permissions"],
  ["---\npermissions:\n---\n", "permissions"],
  ["---\npermissions: a\npermissions: public\n---\n", "unique"],
  ["---\ntenant: 7\n---\n", "tenant"],
  ["---\narchived: perhaps\n---\n", "archived"],
  ["---\nx: !!js/function x\n---\n", "tag"],
  [`---\nx: ${"[".repeat(20_000)}\n---\n`, "line"],
  [
    `---\na: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n` +
      `c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n---\n`,
    "alias",
  ],
])("%# what cannot be read is an error and says where", (text, reason) => {
  const problem = problemOf(text);

  expect(problem.reason).toBe("extraction-failed");
  expect(problem.message).toContain(reason);
});

test("front matter past its bound is refused by name", () => {
  const problem = problemOf(`---\npermissions: [a]\n${"x".repeat(frontMatterBytesMax)}\n---\n`);

  expect(problem.reason).toBe("size-limit");
  expect(problem.message).toContain("frontMatterBytesMax");
});

test("only Markdown and prose have front matter", () => {
  expect(read("---\nkind: Service\n---\n", "service.yaml")).toBeNull();
  expect(read("---\ntenant: acme\n---\n", "README")?.fields.tenant).toBe("acme");
  expect(read("---\ntenant: acme\n---\n", "NOTES.TXT")?.fields.tenant).toBe("acme");
});

test("metadata keeps what can be filtered by and cannot reach what objects are made of", () => {
  const fields = read(
    "---\nok: 1\nnested: { a: { b: 1 } }\n__proto__: { admin: true }\n---\n",
  )?.fields;

  expect(fields?.metadata).toEqual({ ok: 1 });
  expect(Object.getPrototypeOf(fields?.metadata)).toBe(Object.prototype);
});
