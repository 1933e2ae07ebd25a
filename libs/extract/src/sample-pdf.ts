/** PDFs for tests: lines of text at places, one page after the other. */

export interface SampleLine {
  readonly text: string;
  readonly size: number;
  readonly y: number;
}

export function samplePdf(
  pages: readonly (readonly SampleLine[])[],
  { title }: { readonly title?: string } = {},
): Buffer {
  const objects: string[] = [];
  const add = (content: string): number => objects.push(content);
  const catalog = add("<< /Type /Catalog /Pages 2 0 R >>");
  const tree = add("");
  const font = add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
  const kids = pages.map((lines) => {
    const stream = lines
      .map(({ text, size, y }) => `BT /F1 ${size} Tf 72 ${y} Td (${escaped(text)}) Tj ET`)
      .join("\n");
    const content = add(`<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`);
    const resources = `<< /Font << /F1 ${font} 0 R >> >>`;
    return add(
      `<< /Type /Page /Parent ${tree} 0 R /MediaBox [0 0 612 792] ` +
        `/Contents ${content} 0 R /Resources ${resources} >>`,
    );
  });
  const references = kids.map((kid) => `${kid} 0 R`).join(" ");
  objects[tree - 1] = `<< /Type /Pages /Kids [${references}] /Count ${kids.length} >>`;
  const info = add(title === undefined ? "<< >>" : `<< /Title (${escaped(title)}) >>`);

  let file = "%PDF-1.4\n";
  const places = objects.map((object, index) => {
    const at = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const table = places.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  file +=
    `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}` +
    `trailer << /Size ${objects.length + 1} /Root ${catalog} 0 R /Info ${info} 0 R >>\n` +
    `startxref\n${file.length}\n%%EOF\n`;
  return Buffer.from(file, "latin1");
}

/** A page of lines of one size from the top down. */
export function samplePage(texts: readonly string[]): readonly SampleLine[] {
  return texts.map((text, index) => ({ text, size: 10, y: 720 - index * 12 }));
}

function escaped(text: string): string {
  return text.replaceAll(/[\\()]/gu, (char) => `\\${char}`);
}
