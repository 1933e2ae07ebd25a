import { editScenarios } from "./scenarios/edits.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";

editScenarios("one process", (options) => EmbeddedDeployment.start(options));
