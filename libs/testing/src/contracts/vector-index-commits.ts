/** A commit makes one revision of a document live, whole, on a condition. */
import { digestOf } from "@tidemark/domain";
import type { VectorIndex } from "@tidemark/pipeline";
import { aRevision, aToken, anId, digestsOf, somePoints } from "../builders.ts";
import { aCommit, aDeletion, aRestriction, dimension, manifestOf, storedTexts } from "./commits.ts";
import { freshName, withGeneration } from "./fresh-names.ts";

export function vectorIndexCommits(open: () => Promise<VectorIndex>): void {
  test("nothing is known of a document before its first commit", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const manifests = await index.manifests(generation, [anId("a"), anId("b")]);

      expect(manifests).toEqual([undefined, undefined]);
    }));

  test("a committed manifest is read back as it was written, with its points", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const commit = aCommit({
        generation,
        texts: ["ebb", "flood", "ebb"],
        metadata: { kind: "guide", tags: ["sea", "moon"], depth: 2.5, draft: false, none: null },
        policy: { tenant: "acme", permissions: { kind: "only", principals: ["ann", "bo"] } },
      });

      expect(await index.commit(generation, [commit], [])).toEqual(["won"]);

      const manifest = await manifestOf(index, generation);
      expect(manifest).toEqual({ ...commit.manifest, copied: commit.manifest.seen.revision });
      const points = await index.pointsOf(generation, anId());
      const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
      expect([...points].sort(byId)).toEqual([...commit.put].sort(byId));
    }));

  test("manifests are answered in the order asked for, with gaps", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const ids = ["b", "a"].map((key) => anId(key));
      const commits = ids.map((documentId) => aCommit({ generation, documentId }));
      await index.commit(generation, commits, []);

      const manifests = await index.manifests(generation, [anId("a"), anId("x"), anId("b")]);

      expect(manifests.map((found) => found?.documentId)).toEqual([
        anId("a"),
        undefined,
        anId("b"),
      ]);
    }));

  test("the same commit again changes nothing", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const commit = aCommit({ generation, texts: ["ebb", "flood"] });
      await index.commit(generation, [commit], []);
      const before = [
        await manifestOf(index, generation),
        await index.pointsOf(generation, anId()),
      ];

      await index.commit(generation, [commit], []);

      const after = [await manifestOf(index, generation), await index.pointsOf(generation, anId())];
      expect(after).toEqual(before);
    }));

  test("a commit sweeps what was live before and is not now", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const first = aCommit({ generation, texts: ["ebb", "flood"] });
      await index.commit(generation, [first], []);

      const read = first.manifest.token;
      const second = aCommit({ generation, revision: 2, read, texts: ["flood", "slack"] });
      await index.commit(generation, [second], []);

      expect(await storedTexts(index, generation)).toEqual(["flood", "slack"]);
    }));

  test("a commit on a token that has passed is lost, and nothing of it is listed", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const first = aCommit({ generation, texts: ["ebb"] });
      const second = aCommit({
        generation,
        revision: 2,
        read: first.manifest.token,
        texts: ["slack"],
      });
      await index.commit(generation, [first], []);
      await index.commit(generation, [second], []);

      const late = aCommit({
        generation,
        revision: 3,
        read: first.manifest.token,
        texts: ["storm"],
      });
      const outcomes = await index.commit(generation, [late], []);

      expect(outcomes).toEqual(["lost"]);
      const manifest = await manifestOf(index, generation);
      expect(manifest.indexed).toEqual(second.manifest.indexed);
      expect(await storedTexts(index, generation)).toContain("slack");
    }));

  test("a commit that expects no manifest is lost where there is one", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const first = aCommit({ generation, revision: 5 });
      await index.commit(generation, [first], []);

      const outcomes = await index.commit(generation, [aCommit({ generation, revision: 6 })], []);

      expect(outcomes).toEqual(["lost"]);
      expect((await manifestOf(index, generation)).seen.revision).toEqual(aRevision(5));
    }));

  test("a commit that expects a manifest is lost where there is none", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const outcomes = await index.commit(
        generation,
        [aCommit({ generation, read: aToken() })],
        [],
      );

      expect(outcomes).toEqual(["lost"]);
      expect(await index.manifests(generation, [anId()])).toEqual([undefined]);
    }));

  test("each document of a batch wins or loses by itself", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const keys = ["a", "b", "c"];
      const first = keys.map((key) => aCommit({ generation, documentId: anId(key) }));
      await index.commit(generation, first, []);

      const second = keys.map((key, at) =>
        aCommit({
          generation,
          documentId: anId(key),
          revision: 2,
          texts: ["slack"],
          read: key === "b" ? aToken() : (first[at]?.manifest.token ?? null),
        }),
      );
      const outcomes = await index.commit(generation, second, []);

      expect(outcomes).toEqual(["won", "lost", "won"]);
      const manifests = await index.manifests(
        generation,
        keys.map((key) => anId(key)),
      );
      expect(manifests.map((found) => found?.seen.revision.position)).toEqual([2, 1, 2]);
    }));

  test("a delete leaves a tombstone with both halves and no point", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const first = aCommit({ generation, texts: ["ebb", "flood"] });
      await index.commit(generation, [first], []);

      const deletion = aDeletion({ generation, revision: 2, read: first.manifest.token });
      await index.commit(generation, [deletion], []);

      const manifest = await manifestOf(index, generation);
      expect(manifest.seen).toEqual(deletion.manifest.seen);
      expect(manifest.indexed?.revision).toEqual(aRevision(2));
      expect(await storedTexts(index, generation)).toEqual([]);
    }));

  test("putting a point never lowers the revision that wrote it", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const texts = ["ebb"];
      await index.putPoints(generation, somePoints(texts, { generation, dimension, revision: 7 }));

      await index.putPoints(generation, somePoints(texts, { generation, dimension, revision: 3 }));

      const [point] = await index.pointsOf(generation, anId());
      expect(point?.revision).toEqual(aRevision(7));
    }));

  test("putting a point again raises its revision and replaces its vector", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const parts = { generation, dimension };
      const wrong = () => new Float32Array(dimension).fill(0.25);
      await index.putPoints(generation, somePoints(["ebb"], { ...parts, vectorOf: wrong }));

      const [right] = somePoints(["ebb"], { ...parts, revision: 2 });
      await index.putPoints(generation, right ? [right] : []);

      expect(await index.pointsOf(generation, anId())).toEqual([right]);
    }));

  test("a sweep spares what is listed and what its own or a later revision wrote", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const parts = { generation, dimension };
      const old = somePoints(["listed", "left"], { ...parts, revision: 4 });
      const own = somePoints(["own"], { ...parts, revision: 5 });
      const later = somePoints(["later"], { ...parts, revision: 6 });
      await index.putPoints(generation, [...old, ...own, ...later]);

      const live = digestsOf(old).slice(0, 1);
      await index.sweep(generation, anId(), { revision: aRevision(5), live });

      expect(await storedTexts(index, generation)).toEqual(["later", "listed", "own"]);
    }));

  test("a sweep compares epochs before positions", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const parts = { generation, dimension };
      const old = somePoints(["old"], { ...parts, revision: { epoch: 1, position: 900 } });
      const fresh = somePoints(["fresh"], { ...parts, revision: { epoch: 2, position: 0 } });
      await index.putPoints(generation, [...old, ...fresh]);

      const revision = { epoch: 2, position: 0 };
      await index.sweep(generation, anId(), { revision, live: [] });

      expect(await storedTexts(index, generation)).toEqual(["fresh"]);
    }));

  test("a sweep of one document leaves the others", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const parts = { generation, dimension };
      await index.putPoints(generation, [
        ...somePoints(["ebb"], { ...parts, documentId: anId("a") }),
        ...somePoints(["ebb"], { ...parts, documentId: anId("b") }),
      ]);

      await index.sweep(generation, anId("a"), { revision: aRevision(9), live: [] });

      expect(await storedTexts(index, generation, anId("a"))).toEqual([]);
      expect(await storedTexts(index, generation, anId("b"))).toEqual(["ebb"]);
    }));

  test("which points exist is answered by digest, within the document", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const parts = { generation, dimension };
      const here = somePoints(["ebb", "flood"], parts);
      const elsewhere = somePoints(["slack"], { ...parts, documentId: anId("b") });
      await index.putPoints(generation, [...here, ...elsewhere]);
      const absent = digestsOf(somePoints(["storm"], parts));

      const asked = [...digestsOf(here), ...digestsOf(elsewhere), ...absent];
      const existing = await index.existing(generation, anId(), asked);

      expect(existing).toEqual(new Set(digestsOf(here)));
    }));

  test("points are read by id, in the order asked for, with gaps", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const [ebb, flood] = somePoints(["ebb", "flood"], { generation, dimension });
      const [absent] = somePoints(["storm"], { generation, dimension });
      if (!ebb || !flood || !absent) throw new Error("three points");
      await index.putPoints(generation, [ebb, flood]);

      const found = await index.points(generation, [flood.id, absent.id, ebb.id]);

      expect(found.map((point) => point?.text)).toEqual(["flood", undefined, "ebb"]);
      const { source: _source, vector: _vector, ...stored } = flood;
      expect(found[0]).toEqual(stored);
    }));

  test("a restriction of a document keeps its points", () =>
    withGeneration(open, dimension, async (index, generation) => {
      await index.commit(generation, [aCommit({ generation, texts: ["ebb"] })], []);
      const policy = { tenant: "*", permissions: { kind: "only", principals: ["ann"] } } as const;

      const before = await manifestOf(index, generation);
      const restriction = aRestriction(before, { revision: 2, policy });
      expect(await index.commit(generation, [restriction], [])).toEqual(["won"]);

      const manifest = await manifestOf(index, generation);
      expect(manifest.seen.policy).toEqual(policy);
      expect(manifest.indexed?.live).toEqual(before.indexed?.live);
      expect(await storedTexts(index, generation)).toEqual(["ebb"]);
    }));

  test("progress is written with a commit and never lowered", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const topic = freshName("topic");
      const at = (partition: number, offset: number) => ({ topic, group: "g", partition, offset });
      await index.commit(generation, [aCommit({ generation })], [at(0, 5), at(1, 2)]);

      await index.writeProgress([at(0, 4), at(1, 3)]);

      expect(await index.progress(topic, "g")).toEqual(
        new Map([
          [0, 5],
          [1, 3],
        ]),
      );
      expect(await index.progress(topic, "another")).toEqual(new Map());
    }));

  test("progress is not written where the index is not as far as the group knows it to be", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const topic = freshName("topic");
      const group = `upserter.${generation}`;
      const at = (partition: number, from: number, offset: number) => ({
        topic,
        group,
        partition,
        offset,
        from,
      });
      await index.writeProgress([at(0, 0, 5), at(1, 0, 5)]);

      await index.writeProgress([at(0, 5, 7), at(1, 6, 8), at(2, 1, 9), at(3, 0, 1)]);
      await index.commit(generation, [aCommit({ generation })], [at(1, 7, 9), at(3, 1, 2)]);

      const expected = [
        [0, 7],
        [1, 5],
        [3, 2],
      ] as const;
      expect(await index.progress(topic, group)).toEqual(new Map(expected));
    }));

  test("progress is not written over a commit that was lost", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const topic = freshName("topic");
      const progress = [{ topic, group: "g", partition: 0, offset: 9 }];

      const lost = aCommit({ generation, documentId: anId("a"), read: aToken() });
      const won = aCommit({ generation, documentId: anId("b") });
      await index.commit(generation, [lost, won], progress);

      expect(await index.progress(topic, "g")).toEqual(new Map());
    }));

  test("a document of 5,000 chunks is committed after its points were put in parts", () =>
    withGeneration(open, dimension, async (index, generation) => {
      const texts = Array.from({ length: 5_000 }, (_, at) => `wave ${at}`);
      const { put, ...commit } = aCommit({ generation, texts });
      for (let at = 0; at < put.length; at += 500) {
        await index.putPoints(generation, put.slice(at, at + 500));
      }

      expect(await index.commit(generation, [{ ...commit, put: [] }], [])).toEqual(["won"]);

      const manifest = await manifestOf(index, generation);
      expect(manifest.indexed?.live).toEqual(put.map((point) => digestOf(point.id)));
      expect(await index.pointsOf(generation, anId())).toHaveLength(5_000);
    }));
}
