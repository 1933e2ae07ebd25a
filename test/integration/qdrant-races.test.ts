/** Writers of one document at once, over clients of their own, on a real Qdrant. */
import { openQdrantIndex } from "@tidemark/qdrant";
import { anId } from "@tidemark/testing";
import { describeWith } from "../servers/available.ts";
import { findLocalQdrant, findQdrant } from "../servers/qdrant.ts";
import { freshGeneration, freshPrefix, removeAll } from "./support/qdrant-collections.ts";
import { expectNewest, raceDimension, runRace, type Race } from "./support/race.ts";

const writers = 20;
const clients = 5;
const rounds = 20;
const raceWithinMs = 180_000;

describeWith("writers at once on qdrant", await findQdrant(), (qdrant) => {
  const prefix = freshPrefix();
  afterAll(() => removeAll(qdrant().url, prefix));

  test(
    "the newest of 20 writers, zombies among them, is live and whole, and nothing else is left",
    async () => {
      await using stack = new AsyncDisposableStack();
      const open = async () => stack.use(await openQdrantIndex({ url: qdrant().url, prefix }));
      const indexes = await Promise.all(Array.from({ length: clients }, open));
      const [index] = indexes;
      if (!index) throw new Error("there are clients");
      const generation = freshGeneration();
      await index.ensureGeneration(generation, raceDimension);
      let lost = 0;

      for (let seed = 1; seed <= rounds; seed += 1) {
        const race: Race = { indexes, generation, documentId: anId(`d${seed}`), writers, seed };
        lost += (await runRace(race)).lost;
        await expectNewest(race, index);
      }

      expect(lost).toBeGreaterThan(0);
    },
    raceWithinMs,
  );
});

describeWith("writers at once while qdrant is killed", await findLocalQdrant(), (qdrant) => {
  test(
    "the newest is live and whole after it is back",
    async () => {
      await using index = await openQdrantIndex({ url: qdrant().url });
      const generation = freshGeneration();
      await index.ensureGeneration(generation, raceDimension);

      for (let seed = 1; seed <= 5; seed += 1) {
        const documentId = anId(`d${seed}`);
        const race: Race = { indexes: [index], generation, documentId, writers, seed };
        const racing = runRace(race);
        await qdrant().stop("killed");
        await qdrant().resume();
        await racing;
        await expectNewest(race, index);
      }
    },
    raceWithinMs,
  );
});
