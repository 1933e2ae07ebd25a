/** Documents that are not listed any more, though nobody said that they were deleted. */
import { hitOf, untilFound, untilGone, untilSettled } from "../support/found.ts";
import type { Deployment, StartDeployment } from "../support/deployment.ts";

const testMs = 120_000;
const documents = 15;
/** So few that a scan would not hold their deletes for their number. */
const few = 5;

export function absenceScenarios(name: string, start: StartDeployment): void {
  describe(`absences, ${name}`, () => {
    test.each(["nothing", "empty"] as const)(
      "a folder that is away, leaving %j, loses no document, and is followed again when it is back",
      async (leaving) => {
        await using deployment = await start({ documents: lights() });
        await untilSettled(deployment.api, "files", { documents });

        await deployment.unmount(leaving);
        const report = await deployment.api.reconcile("files");
        await expectAll(deployment);
        const { problems } = await deployment.api.status();
        await deployment.remount();
        await deployment.putFile("back.md", "The lamp is trimmed every evening.");
        await untilFound(deployment.api, "files/back.md", "The lamp is trimmed every evening.");
        await deployment.deleteFile("light-3.md");
        await untilGone(deployment.api, "files/light-3.md", lightOf(3));

        expect(report).toMatchObject({ heldReason: "unlistable", applied: 0 });
        expect(problems.join("\n")).toContain("source files");
        await expectAll(deployment, [3]);
      },
      testMs,
    );

    test.each(["nothing", "empty"] as const)(
      "a folder that is away at a start, leaving %j, loses no document either",
      async (leaving) => {
        await using deployment = await start({ documents: lights(few) });
        await untilSettled(deployment.api, "files", { documents: few });

        await deployment.restart(() => deployment.unmount(leaving));
        const report = await deployment.api.reconcile("files");
        await expectAll(deployment, [], few);
        await deployment.remount();
        await deployment.putFile("back.md", "The lamp is trimmed every evening.");
        await untilFound(deployment.api, "files/back.md", "The lamp is trimmed every evening.");

        expect(report).toMatchObject({ heldReason: "unlistable", applied: 0 });
        await expectAll(deployment, [], few);
      },
      testMs,
    );

    test(
      "many deletes found by a scan are held and named, additions go on, and a person confirms them",
      async () => {
        await using deployment = await start({ documents: lights(), files: { watch: false } });
        const { api } = deployment;
        await untilSettled(api, "files", { documents });
        for (let at = 0; at < 12; at += 1) await deployment.deleteFile(`light-${at}.md`);
        await deployment.putFile("added.md", "The fog bell was cast in 1811.");

        const held = await api.reconcile("files");
        await untilFound(api, "files/added.md", "The fog bell was cast in 1811.");
        await expectAll(deployment);
        const why = await api.why("files/light-3.md");
        const freshness = await api.freshnessOf("files");
        const confirmed = await api.reconcile("files", { confirm: held.held });
        for (let at = 0; at < 12; at += 1) {
          await untilGone(api, `files/light-${at}.md`, lightOf(at));
        }

        expect(held).toMatchObject({ held: 12, heldReason: "too-many", applied: 0, missing: 1 });
        expect(why.standing).toBe("held");
        expect(freshness.held).toBe(12);
        expect(confirmed).toMatchObject({ applied: 12, held: 0 });
        expect((await api.freshnessOf("files")).held).toBe(0);
        await expectAll(
          deployment,
          Array.from({ length: 12 }, (_, at) => at),
        );
      },
      testMs,
    );

    test(
      "a confirmation applies no more than what was shown",
      async () => {
        await using deployment = await start({ documents: lights(), files: { watch: false } });
        const { api } = deployment;
        await untilSettled(api, "files", { documents });
        for (let at = 0; at < 12; at += 1) await deployment.deleteFile(`light-${at}.md`);
        const shown = await api.reconcile("files");
        await deployment.deleteFile("light-12.md");
        // Scans go on by themselves; what the last one held is not what the person saw.
        await api.reconcile("files");

        const first = await api.reconcile("files", { confirm: shown.held });
        await expectAll(deployment);
        const second = await api.reconcile("files", { confirm: first.held });

        expect(first).toMatchObject({ held: 13, applied: 0 });
        expect(second).toMatchObject({ held: 0, applied: 13 });
      },
      testMs,
    );
  });
}

function lightOf(at: number): string {
  return `Lighthouse number ${at} blinks ${at + 2} times a minute.`;
}

function lights(count = documents): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`light-${at}.md`, lightOf(at)]),
  );
}

async function expectAll(
  deployment: Deployment,
  but: readonly number[] = [],
  count = documents,
): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    const hit = await hitOf(deployment.api, `files/light-${at}.md`, { query: lightOf(at) });
    if (but.includes(at)) expect(hit).toBeUndefined();
    else expect(hit?.text).toContain(lightOf(at));
  }
}
