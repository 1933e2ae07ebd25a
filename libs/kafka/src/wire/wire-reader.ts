/** Reads Kafka's binary protocol, the compact encodings of its newer requests among them. */
export class WireReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get left(): number {
    return this.#buffer.length - this.#at;
  }

  int8(): number {
    this.#at += 1;
    return this.#buffer.readInt8(this.#at - 1);
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  int16(): number {
    this.#at += 2;
    return this.#buffer.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#buffer.readInt32BE(this.#at - 4);
  }

  /** Offsets, times and ids: all are below 2^53. */
  int64(): number {
    this.#at += 8;
    return Number(this.#buffer.readBigInt64BE(this.#at - 8));
  }

  uvarint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#buffer.readUInt8(this.#at);
      this.#at += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  /** Zigzag: 0, -1, 1, -2 … */
  varint(): number {
    const value = this.uvarint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A view of the next bytes, not a copy. */
  bytes(length: number): Buffer {
    if (length > this.left) throw new RangeError(`${length} bytes of ${this.left} left`);
    this.#at += length;
    return this.#buffer.subarray(this.#at - length, this.#at);
  }

  string(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.bytes(length).toString();
  }

  compactString(): string | null {
    const length = this.uvarint();
    return length === 0 ? null : this.bytes(length - 1).toString();
  }

  uuid(): string {
    return this.bytes(16).toString("base64url");
  }

  array<T>(item: (reader: WireReader) => T): T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, () => item(this));
  }

  compactArray<T>(item: (reader: WireReader) => T): T[] {
    return Array.from({ length: Math.max(0, this.uvarint() - 1) }, () => item(this));
  }

  /** Fields that a newer broker may add; none is known here. */
  skipTags(): void {
    for (let tags = this.uvarint(); tags > 0; tags -= 1) {
      this.uvarint();
      this.bytes(this.uvarint());
    }
  }
}
