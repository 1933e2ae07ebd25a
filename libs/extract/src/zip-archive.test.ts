import { sampleZip } from "./sample-zip.ts";
import { ZipArchive } from "./zip-archive.ts";

const open = (bytes: Uint8Array, unpackedBytesMax = 1_000_000) =>
  ZipArchive.open(bytes, { unpackedBytesMax, reads: (name) => name.endsWith(".xml") });

const sizeLimit = (name: string) =>
  expect.objectContaining({ reason: "size-limit", message: expect.stringContaining(name) });
const unreadable = expect.objectContaining({ reason: "extraction-failed" });

test("it reads what was put in", () => {
  const archive = open(
    sampleZip([
      { name: "a.xml", content: "one" },
      { name: "b/ü.xml", content: "" },
    ]),
  );

  expect(Buffer.from(archive.read("a.xml")).toString()).toBe("one");
  expect(archive.read("b/ü.xml").length).toBe(0);
  expect(archive.has("c.xml")).toBe(false);
});

test("parts past the bound are refused before any is unpacked", () => {
  const bytes = sampleZip([{ name: "a.xml", content: Buffer.alloc(2_000_000, "text ") }]);

  expect(() => open(bytes)).toThrow(sizeLimit("unpackedBytesMax = 1000000"));
});

test("an archive that grows a thousandfold is refused, wherever it hides that", () => {
  const bytes = sampleZip([{ name: "media/a.png", content: Buffer.alloc(20_000_000) }]);

  expect(() => open(bytes)).toThrow(sizeLimit("archiveRatioMax"));
});

test("an entry that is larger than it says is not unpacked further", () => {
  const archive = open(
    sampleZip([{ name: "a.xml", content: Buffer.alloc(50_000_000), saysBytes: 100 }]),
  );

  expect(() => archive.read("a.xml")).toThrow(sizeLimit("100"));
});

test.each([
  ["nothing", Buffer.alloc(0)],
  ["no archive", Buffer.from("PK, or so it says")],
  ["half an archive", sampleZip([{ name: "a.xml", content: "one" }]).subarray(40)],
  [
    "twice the same name",
    sampleZip([
      { name: "a", content: "1" },
      { name: "a", content: "2" },
    ]),
  ],
])("%s is unreadable", (_name, bytes) => {
  expect(() => open(bytes)).toThrow(unreadable);
});
