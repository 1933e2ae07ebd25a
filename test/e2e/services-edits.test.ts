import { editScenarios } from "./scenarios/edits.ts";
import { onServices } from "./support/on-services.ts";

await onServices(editScenarios);
