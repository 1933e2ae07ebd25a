import { folderScenarios } from "./scenarios/folder.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";

folderScenarios("one process", (options) => EmbeddedDeployment.start(options));
