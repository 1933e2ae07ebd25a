/** Handling again what the log still holds, while everything else goes on. */
import type { ReplayViewWire } from "@tidemark/api";
import { eventually } from "@tidemark/testing";
import { untilFound, untilSettled } from "../support/found.ts";
import { plainPages } from "../support/handbook.ts";
import { QueryStream } from "../support/query-stream.ts";
import type { Deployment, StartDeployment } from "../support/deployment.ts";
import type { TidemarkApi } from "../support/tidemark-api.ts";

const testMs = 180_000;
const withinMs = 90_000;
const pages = plainPages().slice(0, 12);
/** Documents that a process may have done and not told of when it ends. */
const untoldMax = 8;

export function replayScenarios(name: string, start: StartDeployment): void {
  describe(`a replay, ${name}`, () => {
    test(
      "a forced replay of a source embeds it again, and searches stay right the while",
      async () => {
        await using deployment = await settled(start);
        const { api } = deployment;
        const pushed = "The pushed page is no page of the folder.";
        await api.put("app", "pushed", { content: pushed });
        await untilFound(api, "app/pushed", pushed);
        const before = await embeddedOf(api);
        const stream = new QueryStream(
          api,
          pages.map(({ key, text }) => ({ documentId: `files/${key}`, query: opening(text) })),
        );

        const dry = await api.replay({ source: "files", force: true });
        const view = await stream.during(async () => {
          const { id } = await api.replay({ source: "files", force: true, dryRun: false });
          return untilDone(api, id);
        });

        expect(dry).toMatchObject({ id: null, started: false, documents: pages.length });
        expect(view).toMatchObject({ share: 1, documents: pages.length, force: true });
        expect(stream.faults).toEqual([]);
        const after = await embeddedOf(api);
        // Once more, and again where a chunker handed a document over in the middle.
        const times = [...before].map(([key, chunks]) => (after.get(key) ?? 0) / chunks);
        for (const each of times) expect([2, 3]).toContain(each);
        expect((await api.why("app/pushed")).receipts).toHaveLength(1);
        await untilSettled(api, "files", { documents: pages.length });
      },
      testMs,
    );

    test(
      "what is indexed and unchanged costs nothing to replay, and a document alone can be asked for",
      async () => {
        await using deployment = await settled(start);
        const { api } = deployment;
        const before = await embeddedOf(api);
        const [first] = pages;

        const all = await api.replay({ dryRun: false });
        await untilDone(api, all.id);
        const one = await api.replay({ document: `files/${first?.key}`, dryRun: false });
        await untilDone(api, one.id);

        expect(all).toMatchObject({ documents: pages.length, started: true });
        expect(one.documents).toBe(1);
        expect(await embeddedOf(api)).toEqual(before);
      },
      testMs,
    );

    test(
      "a replay is paused, resumed and sped up while it runs, and live changes go before it",
      async () => {
        await using deployment = await settled(start);
        const { api } = deployment;
        const { id } = await api.replay({
          source: "files",
          force: true,
          dryRun: false,
          perSecond: 2,
        });
        if (id === null) throw new Error("it was not begun");
        await until(api, id, ({ documentsDone }) => documentsDone >= 2);

        await api.changeReplay(id, { state: "paused" });
        await eventually(
          async () => {
            const { stages } = await api.status();
            expect(stages.map(({ stage }) => stage)).not.toContain("replayer");
          },
          { withinMs },
        );
        const paused = await api.replayOf(id);
        const live = "The barge was written while the replay was held.";
        await deployment.putFile("barge.md", live);
        await untilFound(api, "files/barge.md", live);
        const later = await api.replayOf(id);
        const resumed = await api.changeReplay(id, { state: "running", perSecond: null });
        const view = await untilDone(api, id);

        expect(paused).toMatchObject({ state: "paused", leftMs: null, perSecond: 2 });
        expect(paused.share).toBeLessThan(1);
        expect(later.share).toBe(paused.share);
        expect(resumed).toMatchObject({ state: "running", perSecond: null });
        expect(view.documents).toBe(pages.length);
        const receipts = await Promise.all(pages.map(({ key }) => api.why(`files/${key}`)));
        for (const why of receipts) expect(why.receipts.length).toBeGreaterThanOrEqual(2);
        // Written after it began: none of its business.
        expect((await api.why("files/barge.md")).receipts).toHaveLength(1);
      },
      testMs,
    );

    test(
      "a replay that a loss of power interrupts goes on where it was",
      async () => {
        await using deployment = await settled(start);
        const { id } = await deployment.api.replay({ force: true, dryRun: false, perSecond: 2 });
        if (id === null) throw new Error("it was not begun");
        const before = await until(deployment.api, id, ({ share }) => share > 0);

        await deployment.crash();
        const { api } = deployment;
        const after = await api.replayOf(id);
        await api.changeReplay(id, { perSecond: null });
        const view = await untilDone(api, id);

        expect(before.state).toBe("running");
        expect(after).toMatchObject({ state: "running", perSecond: 2, documents: pages.length });
        expect(after.share).toBeGreaterThanOrEqual(before.share);
        expect(view.documentsDone).toBeGreaterThanOrEqual(pages.length - untoldMax);
        for (const chunks of (await embeddedOf(api)).values()) expect(chunks).toBeGreaterThan(0);
        await untilSettled(api, "files", { documents: pages.length });
      },
      testMs,
    );
  });
}

async function settled(start: StartDeployment): Promise<Deployment> {
  const deployment = await start({
    documents: Object.fromEntries(pages.map(({ key, text }) => [key, text])),
  });
  await untilSettled(deployment.api, "files", { documents: pages.length, withinMs });
  return deployment;
}

function untilDone(api: TidemarkApi, id: string | null): Promise<ReplayViewWire> {
  return until(api, id ?? "", ({ state }) => state === "done");
}

function until(
  api: TidemarkApi,
  id: string,
  isSo: (view: ReplayViewWire) => boolean,
): Promise<ReplayViewWire> {
  return eventually(
    async () => {
      const view = await api.replayOf(id);
      if (isSo(view)) return view;
      throw new Error(`replay ${id} is ${view.state} at ${view.share}`);
    },
    { withinMs },
  );
}

/** Chunks that were embedded for each page, by what its receipts say. */
async function embeddedOf(api: TidemarkApi): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const { key } of pages) {
    const { receipts } = await api.why(`files/${key}`);
    found.set(
      key,
      receipts.reduce((sum, { chunks }) => sum + chunks.embedded, 0),
    );
  }
  return found;
}

/** The words that a page opens with, below its title. */
function opening(text: string): string {
  const [paragraph] = text.split("\n\n").filter((part) => /^[A-Z]/u.test(part));
  return paragraph?.slice(0, 300) ?? "";
}
