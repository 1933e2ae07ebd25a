/** Rows of a database as documents, of the one process. */
import { describeWith } from "../servers/available.ts";
import { findPostgres } from "../servers/postgres.ts";
import { rowScenarios } from "./scenarios/rows.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";

describeWith("a database", await findPostgres(), (server) => {
  rowScenarios("one process", (options) => EmbeddedDeployment.start(options), server);
});
