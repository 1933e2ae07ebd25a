import { decodeMetadata, metadataCall } from "./metadata.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

test.each([0, 1, 127, 128, 300, 16_383, 16_384, 2 ** 31, 2 ** 45])(
  "%d is read as it was written, in either form",
  (value) => {
    const { buffer } = new WireWriter().uvarint(value).varint(value).varint(-value).int64(value);
    const reader = new WireReader(buffer);

    expect(reader.uvarint()).toBe(value);
    expect(reader.varint()).toBe(value);
    expect(reader.varint() + value).toBe(0);
    expect(reader.int64()).toBe(value);
    expect(reader.left).toBe(0);
  },
);

test("numbers of variable length are Kafka's: seven bits a byte, the lowest first", () => {
  expect(new WireWriter().uvarint(300).buffer).toEqual(Buffer.from([0xac, 0x02]));
  expect(new WireWriter().varint(-2).buffer).toEqual(Buffer.from([0x03]));
});

test("texts and lists come back, and what a newer broker adds is skipped", () => {
  const { buffer } = new WireWriter()
    .string("ä")
    .compactString("🌊")
    .compactArray(["a", "b"], (writer, text) => writer.compactString(text))
    .uvarint(1) // one tag
    .uvarint(7) // its number
    .uvarint(3) // its length
    .bytes(Buffer.from("new"))
    .boolean(true);
  const reader = new WireReader(buffer);

  expect(reader.string()).toBe("ä");
  expect(reader.compactString()).toBe("🌊");
  expect(reader.compactArray((one) => one.compactString())).toEqual(["a", "b"]);
  reader.skipTags();
  expect(reader.boolean()).toBe(true);
});

test("what ends too early is an error, and not a shorter text", () => {
  const { buffer } = new WireWriter().string("whole");

  expect(() => new WireReader(buffer.subarray(0, 4)).string()).toThrow(RangeError);
});

test("metadata is asked for by name, in a request whose header has tags too", () => {
  const { apiKey, apiVersion, body } = metadataCall(["a"]);

  expect([apiKey, apiVersion]).toEqual([3, 10]);
  expect(body.buffer.toString("hex")).toBe(`0002${"00".repeat(16)}02610000000000`);
});

/** As a broker writes it: one topic with two partitions, the second without a leader. */
function answer(topicCode: number): Buffer {
  const id = Buffer.from("0123456789abcdef");
  const nodes = [1];
  const partition = (writer: WireWriter, [index, leader]: readonly [number, number]) =>
    writer
      .int16(leader < 0 ? 5 : 0)
      .int32(index)
      .int32(leader)
      .int32(0)
      .compactArray(nodes, (one, node) => one.int32(node))
      .compactArray(nodes, (one, node) => one.int32(node))
      .compactArray([], () => undefined)
      .noTags();
  return new WireWriter()
    .noTags()
    .int32(0)
    .compactArray([1], (writer, node) =>
      writer.int32(node).compactString("kafka").int32(9092).uvarint(0).noTags(),
    )
    .compactString("cluster")
    .int32(1)
    .compactArray(["hints"], (writer, name) =>
      writer
        .int16(topicCode)
        .compactString(name)
        .bytes(id)
        .boolean(false)
        .compactArray(
          [
            [1, -1],
            [0, 1],
          ] as const,
          partition,
        )
        .int32(0)
        .noTags(),
    )
    .int32(0)
    .noTags().buffer;
}

test("metadata tells a topic's id, and its leaders by partition", () => {
  const metadata = decodeMetadata(answer(0));

  expect(metadata.brokers).toEqual([{ nodeId: 1, host: "kafka", port: 9092, rack: null }]);
  expect(metadata.controllerId).toBe(1);
  expect(metadata.topics.get("hints")).toEqual({
    id: Buffer.from("0123456789abcdef").toString("base64url"),
    leaders: [1, -1],
  });
});

test("a topic that is not there is no error", () => {
  expect(decodeMetadata(answer(3)).topics.get("hints")).toBeNull();
});

test("a topic that may not be seen is one", () => {
  expect(() => decodeMetadata(answer(29))).toThrow("TOPIC_AUTHORIZATION_FAILED");
});
