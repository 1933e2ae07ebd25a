import { withCloses } from "./closes.ts";

test("of closes with one prefix the highest says all that the others do", () => {
  const before = [
    { prefix: "public.a/", position: 7 },
    { prefix: "public.b/", position: 9 },
  ];

  const after = withCloses(before, [
    { prefix: "public.a/", position: 12 },
    { prefix: "public.b/", position: 3 },
    { prefix: "", position: 0 },
  ]);

  expect(after).toEqual([
    { prefix: "public.a/", position: 12 },
    { prefix: "public.b/", position: 9 },
    { prefix: "", position: 0 },
  ]);
});
