import { replayScenarios } from "./scenarios/replay.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";

replayScenarios("one process", (options) => EmbeddedDeployment.start(options));
