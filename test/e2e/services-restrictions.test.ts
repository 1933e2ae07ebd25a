import { restrictionScenarios } from "./scenarios/restrictions.ts";
import { onServices } from "./support/on-services.ts";

await onServices(restrictionScenarios);
