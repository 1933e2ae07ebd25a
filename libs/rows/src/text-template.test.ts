import * as fc from "fast-check";
import { parseTemplate, partLengths, recoverParts, renderTemplate } from "./text-template.ts";

const literal = fc.string({ unit: fc.constantFrom("\n", " ", "#", "}", "{", "a") }).filter(
  // Nothing that is a placeholder itself, also together with one beside it.
  (text) => !/\{\{|\}\}|\{$|^\}/u.test(text),
);
const part = fc.string();
const rendered = fc
  .array(fc.record({ column: fc.constantFrom("a", "b", "c_1"), literal, part }), { minLength: 1 })
  .chain((pieces) => literal.map((end) => ({ pieces, end })));

test("a text is its literals with its columns' texts between them", () => {
  fc.assert(
    fc.property(rendered, ({ end, pieces }) => {
      const written = pieces.map((each) => `${each.literal}{{ ${each.column}}}`).join("") + end;
      const template = parseTemplate(written);

      const text = renderTemplate(
        template,
        pieces.map((each) => each.part),
      );

      expect(template.columns).toEqual(pieces.map(({ column }) => column));
      expect(text).toBe(pieces.map((each) => each.literal + each.part).join("") + end);
    }),
  );
});

test("each column's part is taken from the text again by how long it was", () => {
  fc.assert(
    fc.property(rendered, ({ end, pieces }) => {
      const template = parseTemplate(
        pieces.map((each) => `${each.literal}{{${each.column}}}`).join("") + end,
      );
      const values = new Map<string, string>(pieces.map((each) => [each.column, each.part]));
      const parts = template.columns.map((column) => values.get(column) ?? "");
      const text = renderTemplate(template, parts);

      expect(recoverParts(template, partLengths(template, parts), text)).toEqual(values);
    }),
  );
});

test("nothing is taken from a text of another template, or one that was changed", () => {
  const template = parseTemplate("{{a}}\n{{b}}");
  const lengths = partLengths(template, ["x", "y"]);

  expect(recoverParts(template, lengths, "x-y")).toBeNull();
  expect(recoverParts(template, lengths, "x\nyz")).toBeNull();
  expect(recoverParts(parseTemplate("{{b}}\n{{a}}"), lengths, "x\ny")).toBeNull();
  expect(recoverParts(template, "", "x\ny")).toBeNull();
});
