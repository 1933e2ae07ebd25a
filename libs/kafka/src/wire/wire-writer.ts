/** Writes Kafka's binary protocol. */
export class WireWriter {
  readonly #parts: Buffer[] = [];

  get buffer(): Buffer {
    return Buffer.concat(this.#parts);
  }

  int8(value: number): this {
    return this.#write(1, (buffer) => buffer.writeInt8(value));
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  int16(value: number): this {
    return this.#write(2, (buffer) => buffer.writeInt16BE(value));
  }

  int32(value: number): this {
    return this.#write(4, (buffer) => buffer.writeInt32BE(value));
  }

  int64(value: number): this {
    return this.#write(8, (buffer) => buffer.writeBigInt64BE(BigInt(value)));
  }

  uvarint(value: number): this {
    const bytes: number[] = [];
    for (let left = value; ; left = Math.floor(left / 128)) {
      if (left < 128) {
        bytes.push(left);
        return this.bytes(Buffer.from(bytes));
      }
      bytes.push((left % 128) + 128);
    }
  }

  varint(value: number): this {
    return this.uvarint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  bytes(value: Buffer): this {
    this.#parts.push(value);
    return this;
  }

  string(value: string): this {
    const bytes = Buffer.from(value);
    return this.int16(bytes.length).bytes(bytes);
  }

  compactString(value: string): this {
    const bytes = Buffer.from(value);
    return this.uvarint(bytes.length + 1).bytes(bytes);
  }

  array<T>(items: readonly T[], write: (writer: this, item: T) => void): this {
    this.int32(items.length);
    for (const item of items) write(this, item);
    return this;
  }

  compactArray<T>(items: readonly T[], write: (writer: this, item: T) => void): this {
    this.uvarint(items.length + 1);
    for (const item of items) write(this, item);
    return this;
  }

  /** No fields beyond those that are known. */
  noTags(): this {
    return this.uvarint(0);
  }

  #write(length: number, write: (buffer: Buffer) => void): this {
    const buffer = Buffer.alloc(length);
    write(buffer);
    this.#parts.push(buffer);
    return this;
  }
}
