/** One process, its index in SQLite and in Qdrant, and what an audit says of either. */
import { randomUUID } from "node:crypto";
import { describeWith } from "../servers/available.ts";
import { findQdrant } from "../servers/qdrant.ts";
import { auditScenarios } from "./scenarios/audit.ts";
import { corruptQdrant, corruptSqlite } from "./support/corrupted-index.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";

const config = { audit: { repairsPerSecond: 100 } };

auditScenarios("in SQLite", async () => {
  const deployment = await EmbeddedDeployment.start({ config });
  return { deployment, corrupt: corruptSqlite(deployment.dataDirectory) };
});

describeWith("an index in Qdrant", await findQdrant(), (server) => {
  auditScenarios("in Qdrant", async () => {
    const prefix = `audit_${randomUUID().slice(0, 8)}_`;
    const { url } = server();
    const index = { kind: "qdrant", url, prefix };
    const deployment = await EmbeddedDeployment.start({ config: { ...config, index } });
    return { deployment, corrupt: corruptQdrant(url, prefix) };
  });
});
