import { lastingScenarios } from "./scenarios/lasting.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";

lastingScenarios("one process", (options) => EmbeddedDeployment.start(options));
