import { selectChange } from "./document-operations.ts";
import { openConnection } from "./open-connection.ts";

test("the number of the last change is looked up, however many documents there are", () => {
  using connection = openConnection({ file: ":memory:", role: "writer" });

  const plan = connection.all<{ detail: string }>(`explain query plan ${selectChange}`, 1);

  expect(plan.map(({ detail }) => detail)).toEqual([
    expect.stringMatching(/USING COVERING INDEX document_changed/u),
  ]);
});
