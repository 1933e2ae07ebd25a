/** The scenarios of the one process, on services that are each a process of its own. */
import { describeWith } from "../servers/available.ts";
import { findCluster } from "../servers/cluster.ts";
import { absenceScenarios } from "./scenarios/absences.ts";
import { accessScenarios } from "./scenarios/access.ts";
import { editScenarios } from "./scenarios/edits.ts";
import { folderScenarios } from "./scenarios/folder.ts";
import { generationScenarios } from "./scenarios/generations.ts";
import { lastingScenarios } from "./scenarios/lasting.ts";
import { pushScenarios } from "./scenarios/push.ts";
import { restrictionScenarios } from "./scenarios/restrictions.ts";
import type { StartDeployment } from "./support/deployment.ts";
import { DistributedDeployment } from "./support/distributed-deployment.ts";

describeWith("services", await findCluster(), (cluster) => {
  const start: StartDeployment = (options) =>
    DistributedDeployment.start(cluster().address, options);

  folderScenarios("as services", start);
  pushScenarios("as services", start);
  accessScenarios("as services", start);
  absenceScenarios("as services", start);
  lastingScenarios("as services", start);
  restrictionScenarios("as services", start);
  editScenarios("as services", start);
  generationScenarios("as services", start);
});
