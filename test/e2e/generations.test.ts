import { generationScenarios } from "./scenarios/generations.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";

generationScenarios("one process", (options) => EmbeddedDeployment.start(options));
