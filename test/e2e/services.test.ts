/** The scenarios of the one process, where every service is a process of its own. */
import { accessScenarios } from "./scenarios/access.ts";
import { folderScenarios } from "./scenarios/folder.ts";
import { probeScenarios } from "./scenarios/probe.ts";
import { pushScenarios } from "./scenarios/push.ts";
import { onServices } from "./support/on-services.ts";

await onServices((name, start) => {
  folderScenarios(name, start);
  pushScenarios(name, start);
  accessScenarios(name, start);
  probeScenarios(name, start);
});
