import { absenceScenarios } from "./scenarios/absences.ts";
import { lastingScenarios } from "./scenarios/lasting.ts";
import { onServices } from "./support/on-services.ts";

await onServices((name, start) => {
  absenceScenarios(name, start);
  lastingScenarios(name, start);
});
