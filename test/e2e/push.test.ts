import { pushScenarios } from "./scenarios/push.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";

pushScenarios("one process", (options) => EmbeddedDeployment.start(options));
