/** Bytes that arrive in any pieces → lines, without ever holding more than one line's bound. */
const newline = 0x0a;

export type Line =
  | { readonly number: number; readonly bytes: Buffer }
  /** Longer than the bound; its bytes were let go. */
  | { readonly number: number; readonly tooLong: true };

/** Lines count from 1, empty ones too. The last one need not end in a line break. */
export async function* linesOf(
  pieces: AsyncIterable<Buffer | string>,
  { lineBytesMax }: { readonly lineBytesMax: number },
): AsyncGenerator<Line> {
  let number = 1;
  let held: Buffer[] = [];
  let heldBytes = 0;
  const hold = (piece: Buffer) => {
    heldBytes += piece.length;
    if (heldBytes > lineBytesMax) held = [];
    else held.push(piece);
  };
  const take = (): Line => {
    const line: Line =
      heldBytes > lineBytesMax ? { number, tooLong: true } : { number, bytes: Buffer.concat(held) };
    number += 1;
    held = [];
    heldBytes = 0;
    return line;
  };
  for await (const piece of pieces) {
    const bytes = Buffer.from(piece as Buffer);
    let from = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, from)) {
      hold(bytes.subarray(from, end));
      yield take();
      from = end + 1;
    }
    if (from < bytes.length) hold(bytes.subarray(from));
  }
  if (heldBytes > 0) yield take();
}
