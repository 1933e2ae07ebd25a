/** A Kafka that asks who is there, over TLS: everything goes over connections that were let in. */
import { KafkaRefusedError } from "@tidemark/kafka";
import { TransientError } from "@tidemark/pipeline";
import { eventually } from "@tidemark/testing";
import { describeWith } from "../servers/available.ts";
import { findSecureKafka, secureUser } from "../servers/kafka-secure.ts";
import { openLog } from "./support/kafka-log.ts";

describeWith("a kafka that asks who is there", await findSecureKafka(), (kafka) => {
  const tls = () => ({ ca: kafka().ca, ...kafka().client });

  test.each(["plain", "scram-sha-256", "scram-sha-512"] as const)(
    "signed in by %s, what was written is read, with its topic's id",
    async (mechanism) => {
      const sasl = { mechanism, ...secureUser };
      await using log = (await openLog(kafka(), { sasl, tls: tls() })).log;

      await log.append("hints", [{ key: "a", value: "1" }]);
      await using consumer = await log.consumer("hints", "group");
      const records = await eventually(async () => {
        const polled = await consumer.poll({ recordsMax: 9, bytesMax: 999, waitMs: 100 });
        expect(polled).toHaveLength(1);
        return polled;
      });
      await consumer.acknowledge(records[0]?.partition ?? -1, 1);

      expect(await log.lag("hints", "group")).toBe(0);
      expect((await log.identity("hints")).id).toMatch(/^[\w-]{22}$/u);
    },
  );

  test("a wrong password is refused for good, and is nowhere in what is said", async () => {
    const said: unknown[] = [];
    const note = (fields: object, message: string) => said.push([fields, message]);
    const logger = { debug: note, info: note, warn: note, error: note };
    const password = "another-planted-password";
    const sasl = { mechanism: "plain", username: "tidemark", password } as const;

    const told: unknown = await openLog(kafka(), { sasl, tls: tls(), logger }).catch(
      (error: unknown) => error,
    );

    expect(told).toBeInstanceOf(KafkaRefusedError);
    expect(String(told)).toContain("log.sasl");
    const error = told as Error;
    const everything = JSON.stringify([said, error.message, error.stack, String(error.cause)]);
    expect(everything).not.toContain(password);
    expect(everything).not.toContain(secureUser.password);
  });

  test.each([
    ["a broker that shows what we do not trust", () => ({ ...kafka().client })],
    ["a broker that wants to see a certificate", () => ({ ca: kafka().ca })],
  ])("%s is not talked to", async (_, shown) => {
    const sasl = { mechanism: "plain", ...secureUser } as const;

    const opening = openLog(kafka(), { sasl, tls: shown() });

    await expect(opening).rejects.toThrow(TransientError);
  });
});
