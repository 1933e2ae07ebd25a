/** Sentinels of a whole process, with the model that travels with it. */
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";
import { untilFound } from "./support/found.ts";

const testMs = 60_000;

test(
  "the model that is shipped makes what it made, also after a restart, and nothing is named",
  async () => {
    const documents = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [`note-${at}.md`, `Note ${at} on budgets and travel.`]),
    );
    await using deployment = await EmbeddedDeployment.start({ documents });
    await untilFound(deployment.api, "files/note-29.md", "Note 29 on budgets and travel.");
    const first = await run(deployment);

    await deployment.restart();
    const second = await run(deployment);

    expect(first).toMatchObject({ findings: [], recall: 1 });
    expect(second).toMatchObject({ findings: [], recall: 1, baselineAt: first?.baselineAt });
    expect(second?.overlap).toBeGreaterThan(0.85);
    expect(second?.distances.at(-1)?.distance).toBeLessThan(0.001);
  },
  testMs,
);

async function run(deployment: EmbeddedDeployment) {
  const answer = await deployment.api.sentinels();
  return answer.generations[0];
}
