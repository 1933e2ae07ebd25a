/** The log in SQLite and the index in Qdrant: one process whose index somebody else keeps. */
import { randomUUID } from "node:crypto";
import { FakeQdrant } from "../../libs/qdrant/src/fixtures/fake-qdrant.ts";
import { describeWith } from "../servers/available.ts";
import { indexOfTests } from "../servers/cluster.ts";
import { findQdrant } from "../servers/qdrant.ts";
import { accessScenarios } from "./scenarios/access.ts";
import { folderScenarios } from "./scenarios/folder.ts";
import { lastingScenarios } from "./scenarios/lasting.ts";
import { pushScenarios } from "./scenarios/push.ts";
import type { StartDeployment } from "./support/deployment.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";

const qdrant = await findQdrant();
const index =
  qdrant.kind === "found"
    ? qdrant
    : { kind: "found" as const, name: qdrant.name, start: () => FakeQdrant.start() };

describeWith(`a log in SQLite and an index in ${await indexOfTests()}`, index, (server) => {
  const start: StartDeployment = (options = {}) => {
    const prefix = `pair_${randomUUID().slice(0, 8)}_`;
    const config = { ...options.config, index: { kind: "qdrant", url: server().url, prefix } };
    return EmbeddedDeployment.start({ ...options, config });
  };

  folderScenarios("as a pair", start);
  pushScenarios("as a pair", start);
  accessScenarios("as a pair", start);
  lastingScenarios("as a pair", start);
});
