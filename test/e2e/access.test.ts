import { accessScenarios } from "./scenarios/access.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";

accessScenarios("one process", (options) => EmbeddedDeployment.start(options));
