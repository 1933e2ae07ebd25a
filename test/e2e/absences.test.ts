import { absenceScenarios } from "./scenarios/absences.ts";
import { EmbeddedDeployment } from "./support/embedded-deployment.ts";

absenceScenarios("one process", (options) => EmbeddedDeployment.start(options));
