/** What only one process on one data directory has to show. */
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";
import { untilFound } from "./support/found.ts";
import { TidemarkProcess } from "./support/tidemark-process.ts";

const testMs = 60_000;
const dataLocked = 75;
const configWrong = 78;

test(
  "a second process on the same data directory is refused with who holds it, and the first goes on",
  async () => {
    await using deployment = await EmbeddedDeployment.start();
    const { dataDirectory, configFiles, process } = deployment;

    const second = await TidemarkProcess.refused({ dataDirectory, configFiles });
    await deployment.putFile("still.md", "The mill still grinds.");
    await untilFound(deployment.api, "files/still.md", "The mill still grinds.");

    expect(second.exitCode).toBe(dataLocked);
    expect(second.output).toContain(String(process.pid));
    expect(second.output).toContain(dataDirectory);
  },
  testMs,
);

test(
  "without keys nothing listens beyond this machine",
  async () => {
    await using deployment = await EmbeddedDeployment.start();
    const { configFiles, dataDirectory } = deployment;

    const refused = await TidemarkProcess.refused({
      dataDirectory: `${dataDirectory}-other`,
      configFiles,
      host: "0.0.0.0",
    });

    expect(refused.exitCode).toBe(configWrong);
    expect(refused.output).toContain("keys");
  },
  testMs,
);

test(
  "told to stop in the middle of its work, it ends in peace and goes on at the next start",
  async () => {
    const sentence = (at: number) => `Gate number ${at} of the dam is opened in spring.`;
    const documents = Object.fromEntries(
      Array.from({ length: 120 }, (_, at) => [`gate-${at}.md`, sentence(at)]),
    );
    await using deployment = await EmbeddedDeployment.start({ documents });

    await deployment.restart();
    await untilFound(deployment.api, "files/gate-119.md", sentence(119));

    for (const at of [0, 37, 84]) {
      await untilFound(deployment.api, `files/gate-${at}.md`, sentence(at));
    }
  },
  testMs,
);
