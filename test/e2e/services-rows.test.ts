/** Rows of a database as documents, where every service is a process of its own. */
import { describeWith } from "../servers/available.ts";
import { findPostgres } from "../servers/postgres.ts";
import { rowScenarios } from "./scenarios/rows.ts";
import { onServices } from "./support/on-services.ts";

const postgres = await findPostgres();

await onServices((name, start) => {
  describeWith("a database", postgres, (server) => rowScenarios(name, start, server));
});
