/** Files that a reader must survive. Each is written by hand, so that it is exactly what it says. */
import { crc32, deflateRawSync } from "node:zlib";

const bombBytes = 128 * 1024 ** 2;

/** A PDF of so many pages, each with one line of text. */
export function manyPages(pages: number, lineOf: (page: number) => string): Buffer {
  const objects = ["<< /Type /Catalog /Pages 2 0 R >>"];
  const kids = Array.from({ length: pages }, (_, at) => `${4 + at * 2} 0 R`);
  objects.push(`<< /Type /Pages /Count ${pages} /Kids [${kids.join(" ")}] >>`);
  objects.push("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
  for (let page = 1; page <= pages; page += 1) {
    const stream = `BT /F1 11 Tf 72 720 Td (${lineOf(page)}) Tj ET`;
    objects.push(
      "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> " +
        `/Contents ${objects.length + 2} 0 R >>`,
      `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    );
  }
  let file = "%PDF-1.4\n";
  const places: number[] = [];
  for (const [at, object] of objects.entries()) {
    places.push(file.length);
    file += `${at + 1} 0 obj\n${object}\nendobj\n`;
  }
  const table = places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  return Buffer.from(
    `${file}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}` +
      `trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`,
    "latin1",
  );
}

/** A Word document of some hundred kilobytes that unpacks to 128 MiB. */
export function hostileDocx(): Buffer {
  const namespace = "http://schemas.openxmlformats.org";
  const paragraph = "<w:p><w:r><w:t>again and again</w:t></w:r></w:p>";
  const body = paragraph.repeat(Math.ceil(bombBytes / paragraph.length));
  return zipOf({
    "[Content_Types].xml":
      `<Types xmlns="${namespace}/package/2006/content-types">` +
      '<Default Extension="xml" ContentType="application/xml"/>' +
      '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
      "</Types>",
    "_rels/.rels":
      `<Relationships xmlns="${namespace}/package/2006/relationships"><Relationship Id="r1" ` +
      `Type="${namespace}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>` +
      "</Relationships>",
    "word/document.xml":
      `<w:document xmlns:w="${namespace}/wordprocessingml/2006/main"><w:body>${body}` +
      "</w:body></w:document>",
  });
}

export function nestedHtml(depth: number): string {
  return `<!doctype html><body>${"<div>".repeat(depth)}deep${"</div>".repeat(depth)}</body>`;
}

function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes, { level: 1 });
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    const made = Buffer.from([20, 0]);
    const local = [Buffer.from("PK\u0003\u0004"), common, Buffer.from(name), packed];
    parts.push(...local);
    directory.push(Buffer.from("PK\u0001\u0002"), made, common, place, Buffer.from(name));
    at += local.reduce((sum, part) => sum + part.length, 0);
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\u0005\u0006", "latin1");
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, listed, end]);
}
