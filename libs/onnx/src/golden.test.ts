import { checkGolden } from "./golden.ts";
import type { Golden } from "./golden.ts";

const golden: Golden = {
  items: [
    { text: "a", ids: [1, 2], embedding: [1, 0] },
    { text: "b", ids: [1, 3], embedding: [0, 1] },
  ],
};
const encode = (text: string): readonly number[] => [1, text === "a" ? 2 : 3];

/** Vectors that lie at these cosines to the golden ones. */
async function withCosines(a: number, b: number): ReturnType<typeof checkGolden> {
  const sine = (cosine: number): number => Math.sqrt(1 - cosine * cosine);
  return checkGolden(golden, encode, async () =>
    Promise.resolve([Float32Array.of(a, sine(a)), Float32Array.of(sine(b), b)]),
  );
}

test("vectors as exact as expected pass", async () => {
  expect(await withCosines(0.999, 0.997)).toMatchObject({ verdict: "ok" });
});

test("vectors of a processor that saturates are warned about", async () => {
  const report = await withCosines(0.9965, 0.995);

  expect(report.verdict).toBe("warn");
  expect(report.message).toContain("VNNI");
  expect(report.min).toBeCloseTo(0.995, 5);
});

test("other vectors are refused", async () => {
  await expect(withCosines(0.98, 0.98)).rejects.toThrow("the model file is not the one");
  await expect(withCosines(Number.NaN, 1)).rejects.toThrow("the model file is not the one");
});

test("other tokens are refused before anything is embedded", async () => {
  const check = checkGolden(
    golden,
    () => [1, 2],
    async () => Promise.reject(new Error("not reached")),
  );

  await expect(check).rejects.toThrow("golden text 1 has other tokens");
});

test("no golden texts prove nothing", async () => {
  await expect(checkGolden({ items: [] }, encode, async () => Promise.resolve([]))).rejects.toThrow(
    "nothing is proven",
  );
});
