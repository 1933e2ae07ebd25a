/** What a real Qdrant does that the index on it relies on, and what befalls it. */
import type { Generation, GenerationId } from "@tidemark/domain";
import { TransientError } from "@tidemark/pipeline";
import { AliasedGenerationError, openQdrantIndex, openQdrantPrimitives } from "@tidemark/qdrant";
import { aManifest, anId, aRecipe, eventually, somePoints } from "@tidemark/testing";
import { describeWith, type Finding } from "../servers/available.ts";
import { findLocalQdrant, findQdrant, LocalQdrant } from "../servers/qdrant.ts";
import { findCertificates, type Certificates } from "./support/certificates.ts";
import {
  ask,
  collectionNames,
  freshGeneration,
  freshPrefix,
  removeAll,
  removeCollection,
} from "./support/qdrant-collections.ts";

const dimension = 32;
const topic = "mutations";

describeWith("qdrant's collections", await findQdrant(), (qdrant) => {
  const prefixes: string[] = [];
  const open = async () => {
    const prefix = freshPrefix();
    prefixes.push(prefix);
    const primitives = await openQdrantPrimitives({ url: qdrant().url, prefix });
    return { prefix, primitives, [Symbol.asyncDispose]: () => primitives[Symbol.asyncDispose]() };
  };
  afterAll(async () => {
    for (const prefix of prefixes) await removeAll(qdrant().url, prefix);
  });

  test("processes may make a generation at once, and its fields are all indexed", async () => {
    await using at = await open();
    const generation = freshGeneration();

    await Promise.all(
      Array.from({ length: 4 }, () => at.primitives.ensureGeneration(generation, dimension)),
    );

    const { payload_schema: schema } = (await ask(
      qdrant().url,
      "GET",
      `/collections/${at.prefix}${generation}`,
    )) as { readonly payload_schema: object };
    expect(Object.keys(schema)).toEqual(expect.arrayContaining(["kind", "copyRanges[].at"]));
  });

  test("the alias moves, and a collection that it points to is not dropped", async () => {
    await using at = await open();
    const [first, second] = [freshGeneration(), freshGeneration()];
    for (const each of [first, second]) await at.primitives.ensureGeneration(each, dimension);

    await at.primitives.activate(first);
    await expect(at.primitives.dropGeneration(first)).rejects.toThrow(AliasedGenerationError);
    await at.primitives.activate(second);
    await at.primitives.dropGeneration(first);
    await at.primitives.dropGeneration(first);

    expect(await at.primitives.activeGeneration()).toBe(second);
    expect(await collectionNames(qdrant().url, at.prefix)).not.toContain(`${at.prefix}${first}`);
  });

  test("generations that were noted are found by who has lost the catalogue", async () => {
    await using at = await open();
    const [old, young] = [aGeneration(1, "retiring"), aGeneration(2, "active")];
    for (const { id } of [young, old]) await at.primitives.ensureGeneration(id, dimension);

    await at.primitives.noteGenerations([young, old]);

    expect(await at.primitives.notedGenerations()).toEqual([old, young]);
    expect(await at.primitives.activeGeneration()).toBe(young.id);
  });

  test("a wiped collection takes its groups' progress with it, and is made again by who keeps it alone", async () => {
    await using at = await open();
    await using index = await openQdrantIndex({ url: qdrant().url, prefix: at.prefix });
    const generation = freshGeneration();
    await index.ensureGeneration(generation, dimension);
    const group = `upserter.${generation}`;
    await index.writeProgress(
      [group, "resolver"].map((each) => ({ topic, group: each, partition: 3, offset: 7 })),
    );
    expect(await index.progress(topic, group)).toEqual(new Map([[3, 7]]));

    await removeCollection(qdrant().url, `${at.prefix}${generation}`);
    const put = () => index.putPoints(generation, somePoints(["ebb"], { generation, dimension }));
    await expect(put()).rejects.toThrow(TransientError);

    expect(await index.progress(topic, group)).toEqual(new Map());
    expect(await index.progress(topic, "resolver")).toEqual(new Map([[3, 7]]));
    await expect(put()).rejects.toThrow(TransientError);
    await index.ensureGeneration(generation, dimension);
    await put();
    expect(await index.pointsOf(generation, anId())).toHaveLength(1);
  });

  test("a collection set back to its own snapshot has the progress of then", async () => {
    await using at = await open();
    await using index = await openQdrantIndex({ url: qdrant().url, prefix: at.prefix });
    const generation = freshGeneration();
    await index.ensureGeneration(generation, dimension);
    const group = `upserter.${generation}`;
    const reach = (offset: number) => index.writeProgress([{ topic, group, partition: 0, offset }]);
    const name = `${at.prefix}${generation}`;
    await reach(5);
    const snapshot = (await ask(qdrant().url, "POST", `/collections/${name}/snapshots`)) as {
      readonly name: string;
    };
    await reach(9);

    const location = `${qdrant().url}/collections/${name}/snapshots/${snapshot.name}`;
    await ask(qdrant().url, "PUT", `/collections/${name}/snapshots/recover`, {
      location,
      priority: "snapshot",
    });

    expect(await index.progress(topic, group)).toEqual(new Map([[0, 5]]));
  });

  test("counts never include what is no manifest, nor points what is no point", async () => {
    await using at = await open();
    await using index = await openQdrantIndex({ url: qdrant().url, prefix: at.prefix });
    const generation = freshGeneration();
    await index.ensureGeneration(generation, dimension);
    await at.primitives.insertManifests(generation, [aManifest({ indexed: null })]);
    await index.putPoints(generation, somePoints(["ebb", "flood"], { generation, dimension }));
    const group = `upserter.${generation}`;
    await index.writeProgress([{ topic, group, partition: 0, offset: 5 }]);
    await at.primitives.noteGenerations([{ ...aGeneration(1, "building"), id: generation }]);

    expect(await index.counts(generation)).toMatchObject([{ documents: 1, pending: 1 }]);
    expect(await index.pointsOf(generation, anId())).toHaveLength(2);
  });

  function aGeneration(createdAtMs: number, state: Generation["state"]): Generation {
    return {
      id: freshGeneration(),
      state,
      fingerprint: "fingerprint",
      recipe: aRecipe,
      createdAtMs,
      activatedAtMs: null,
      retiringSinceMs: null,
    };
  }
});

describeWith("qdrant when it goes", await findLocalQdrant(), (qdrant) => {
  const generation = "g1" as GenerationId;

  test("is waited for when it is paused, and nothing is lost when it is killed", async () => {
    await using index = await openQdrantIndex({ url: qdrant().url });
    await using impatient = await openQdrantIndex({ url: qdrant().url, timeoutMs: 5_000 });
    await index.ensureGeneration(generation, dimension);
    await index.putPoints(generation, somePoints(["ebb"], { dimension }));

    await qdrant().whilePaused(() =>
      expect(impatient.pointsOf(generation, anId())).rejects.toThrow(TransientError),
    );
    await qdrant().stop("killed");
    await expect(index.pointsOf(generation, anId())).rejects.toThrow(TransientError);
    await qdrant().resume();

    const points = await eventually(() => index.pointsOf(generation, anId()));
    expect(points).toHaveLength(1);
  });

  test("that lost everything is begun anew by groups that are set back", async () => {
    await using index = await openQdrantIndex({ url: qdrant().url });
    await index.ensureGeneration(generation, dimension);
    const group = `upserter.${generation}`;
    await index.writeProgress([{ topic, group, partition: 0, offset: 5 }]);

    await qdrant().wipe();

    expect(await index.progress(topic, group)).toEqual(new Map());
    expect(await index.progress(topic, "resolver")).toEqual(new Map());
    await index.ensureGeneration(generation, dimension);
    await index.writeProgress([group, "resolver"].map((each) => at(each, 2)));
    expect(await index.progress(topic, "resolver")).toEqual(new Map([[0, 2]]));
  });

  test("that is set back to what it held before has the progress of then", async () => {
    await using index = await openQdrantIndex({ url: qdrant().url });
    await index.ensureGeneration(generation, dimension);
    const group = `chunker.${generation}`;
    await index.writeProgress([at(group, 4)]);
    await qdrant().backUp();
    await index.writeProgress([at(group, 8)]);

    await qdrant().setBack();

    expect(await index.progress(topic, group)).toEqual(new Map([[0, 4]]));
  });

  function at(group: string, offset: number) {
    return { topic, group, partition: 0, offset };
  }
});

async function findLocked(): Promise<Finding<Certificates>> {
  const qdrant = await findLocalQdrant();
  return qdrant.kind === "absent" ? qdrant : findCertificates();
}

describeWith("qdrant behind a key and a certificate", await findLocked(), (certificates) => {
  const key = "planted-secret";

  async function startLocked(): Promise<LocalQdrant> {
    return LocalQdrant.start({
      environment: {
        QDRANT__SERVICE__API_KEY: key,
        QDRANT__SERVICE__ENABLE_TLS: "true",
        QDRANT__TLS__CERT: certificates().path("server.pem"),
        QDRANT__TLS__KEY: certificates().path("server-key.pem"),
      },
      isReady: async (url) => {
        const opened = await openQdrantPrimitives(locked(url));
        await opened[Symbol.asyncDispose]();
        return true;
      },
    });
  }

  function locked(url: string) {
    const ca = certificates().text("ca.pem");
    return { url: url.replace("http:", "https:"), apiKey: key, ca };
  }

  test("is spoken to with both, and says no without either", async () => {
    await using qdrant = await startLocked();
    const options = locked(qdrant.url);

    await using opened = await openQdrantPrimitives(options);
    expect(await opened.activeGeneration()).toBeNull();
    const strangers = [
      { ...options, ca: null },
      { ...options, apiKey: "another" },
    ];
    for (const stranger of strangers) {
      const failed: unknown = await openQdrantPrimitives(stranger).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(Error);
      expect(JSON.stringify(failed, Object.getOwnPropertyNames(failed))).not.toContain(key);
    }
  });
});
