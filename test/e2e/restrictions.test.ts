import { restrictionScenarios } from "./scenarios/restrictions.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";

restrictionScenarios("one process", (options) => EmbeddedDeployment.start(options));
