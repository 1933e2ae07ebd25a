/** The stand-in world itself: what the stories of the promises take for granted. */
import { SmallWorld } from "./world/small-world.ts";

test.each(["overPrimitives", "overSqlite"] as const)(
  "%s: a document goes from its source to a search through the real stages",
  async (over) => {
    const world = await SmallWorld[over]();

    await world.change("guide.md", { text: "the tide comes in at noon" });
    await world.settle();

    expect(await world.texts("the tide comes in at noon")).toEqual(["the tide comes in at noon"]);
  },
);
