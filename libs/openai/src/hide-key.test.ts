import { assert, property, string } from "fast-check";
import { withoutParts } from "./hide-key.ts";

const key = "wJalr/XUtn+FEMI.K7MDENG";

test.each([
  ["as it is", `no use of Bearer ${key}.`, "no use of Bearer ***."],
  ["its beginning", `Incorrect key: ${key.slice(0, 9)}…`, "Incorrect key: ***…"],
  ["its end", `Incorrect key: …${key.slice(-8)}`, "Incorrect key: …***"],
  ["its middle", `***${key.slice(4, 16)}***`, "*********"],
  ["as in a URL", `at /v1?key=${encodeURIComponent(key)}&n=1`, "at /v1?key=***&n=1"],
  ["in hex", `got ${Buffer.from(key).toString("hex")}`, "got ***"],
  ["twice", `${key} and ${key}`, "*** and ***"],
])("a key is hidden %s", (_, words, hidden) => {
  expect(withoutParts(words, key)).toBe(hidden);
});

test.each(["", "a", "ab", "tidemark:"])("a key is hidden in base64 behind %j", (before) => {
  const words = Buffer.from(`${before}${key}; and more`).toString("base64");

  const left = withoutParts(words, key);

  expect(left).toContain("***");
  for (const shift of [0, 1, 2]) {
    const inside = Buffer.from(`${"x".repeat(shift)}${key}`)
      .toString("base64")
      .slice(4, -4);
    for (let at = 0; at + 8 <= inside.length; at += 1) {
      expect(left).not.toContain(inside.slice(at, at + 8));
    }
  }
});

test("words that have nothing of the key stay as they are", () => {
  const words = "Rate limit reached for requests: try again in 20 s (wJalr/).";

  expect(withoutParts(words, key)).toBe(words);
  expect(withoutParts(words, "")).toBe(words);
});

test("a short key is hidden when it is there whole", () => {
  expect(withoutParts("the key secret is wrong", "secret")).toBe("the key *** is wrong");
});

test("no eight characters of a key are left, whatever stands around it", () => {
  assert(
    property(
      string({ minLength: 8, maxLength: 40 }),
      string({ maxLength: 30 }),
      string({ maxLength: 30 }),
      (secret, before, after) => {
        const left = withoutParts(`${before}${secret}${after}`, secret);
        const parts = Array.from({ length: secret.length - 7 }, (_, at) =>
          secret.slice(at, at + 8),
        );
        for (const part of parts.filter((each) => !each.includes("*"))) {
          expect(left).not.toContain(part);
        }
      },
    ),
  );
});
