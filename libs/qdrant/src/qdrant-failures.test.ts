import type { GenerationId } from "@tidemark/domain";
import { TransientError } from "@tidemark/pipeline";
import { RefusedRequestError } from "./errors.ts";
import { openFake } from "./fixtures/open-fake.ts";

const g1 = "g1" as GenerationId;
const dimension = 32;
const refusal = (error: string) => JSON.stringify({ status: { error } });

test.each([
  ["a server that is busy", 429, { "retry-after": "3" }, { retryAfterMs: 3_000 }],
  ["a server that is starting", 503, {}, { dependency: "qdrant" }],
  ["a server that gave up", 408, {}, { dependency: "qdrant" }],
] as const)("%s is asked again later", async (_, status, headers, expected) => {
  await using at = await openFake();
  at.fake.mishap = { status, headers, body: refusal("no") };

  const failed = at.primitives.ensureGeneration(g1, dimension);

  await expect(failed).rejects.toThrow(TransientError);
  await expect(failed).rejects.toMatchObject(expected);
});

test.each([
  "Wrong input: No appropriate index for faceting: `tally`. Please create one",
  'Bad request: Index required but not found for "kind" of one of the following types: [keyword].',
])(
  "a collection that another process is about to index is asked again later: %s",
  async (error) => {
    await using at = await openFake();
    at.fake.mishap = { status: 400, body: refusal(error) };

    await expect(at.primitives.ensureGeneration(g1, dimension)).rejects.toThrow(TransientError);
  },
);

test.each([
  ["the key is wrong", 403],
  ["the request is", 400],
])("when %s, nothing is asked again", async (_, status) => {
  await using at = await openFake();
  at.fake.mishap = { status, body: refusal("no") };

  const failed = at.primitives.ensureGeneration(g1, dimension);

  await expect(failed).rejects.toThrow(RefusedRequestError);
  await expect(failed).rejects.toThrow(`${status}`);
});

test("a server that went away is asked again later", async () => {
  await using at = await openFake();
  await at.fake[Symbol.asyncDispose]();

  await expect(at.primitives.ensureGeneration(g1, dimension)).rejects.toThrow(TransientError);
});

test("a server that does not answer in time is asked again later", async () => {
  await using at = await openFake({ timeoutMs: 200 });
  at.fake.mishap = "silence";

  const failed = at.primitives.ensureGeneration(g1, dimension);

  await expect(failed).rejects.toThrow(TransientError);
  await expect(failed).rejects.toThrow("in time");
});

test("what answers is not Qdrant, and so nothing is believed of it", async () => {
  await using at = await openFake();
  at.fake.mishap = { status: 200, headers: { "content-type": "text/html" }, body: "<html>" };

  await expect(at.primitives.activeGeneration()).rejects.toThrow("without a result");
});

test("the key is sent and no compression asked for, and the key stands in no message", async () => {
  await using at = await openFake({ apiKey: "planted-secret" });
  expect(at.fake.headers["api-key"]).toBe("planted-secret");
  expect(at.fake.headers["accept-encoding"]).toBe("identity");
  at.fake.mishap = { status: 403, body: refusal("planted-secret?") };

  const failed: unknown = await at.primitives.activeGeneration().catch((error: unknown) => error);

  expect(JSON.stringify(failed, Object.getOwnPropertyNames(failed))).not.toContain("planted");
  expect(String(failed)).toContain("403");
});
