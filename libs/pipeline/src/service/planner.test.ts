import { encodeMutation, type StructuredText } from "@tidemark/domain";
import { aDraft, anId, aRecipe, MemoryEventLog, VirtualClock } from "@tidemark/testing";
import type { TextExtractor } from "../ports/extractor.ts";
import { mutationsTopic } from "../topics.ts";
import { planGeneration } from "./planner.ts";

const countTokens = (text: string) => text.split(/\s+/u).filter(Boolean).length;

const extractor: TextExtractor = {
  version: "1",
  async extract({ bytes }) {
    const content = Buffer.from(bytes).toString();
    const text: StructuredText = {
      title: null,
      blocks: [{ kind: "paragraph", text: content }],
    };
    return { text, characters: content.length };
  },
};

test("a plan counts the newest state of each document, and nothing that is gone", async () => {
  const log = new MemoryEventLog({ clock: new VirtualClock() });
  const write = (key: string, text: string | null, parts = {}) => {
    const draft = aDraft({ documentId: anId(key), text, ...parts });
    const value = encodeMutation(text === null ? { ...draft, kind: "delete" } : draft);
    return log.append(mutationsTopic, [{ key, value }]);
  };
  await write("a.md", "before it was changed");
  await write("a.md", "the tide comes in");
  await write("b.md", "it goes out");
  await write("gone.md", "nobody reads this");
  await write("gone.md", null);
  await write("old.md", "kept and not embedded", { archived: true });

  const recipe = { ...aRecipe, normalizer: { ...aRecipe.normalizer, form: "nfc" } };
  const plan = await planGeneration(null, recipe, {
    log,
    contents: new Map(),
    extractor,
    countTokens,
    tokensPerText: 2,
    price: { perMillionTokens: 1_000_000, currency: "EUR" },
    tokensPerMinute: null,
  });

  expect(plan).toMatchObject({ documents: 2, chunks: 2, tokens: 4 + 2 + 3 + 2 });
  expect(plan.price).toEqual({ amount: 11, currency: "EUR" });
});
