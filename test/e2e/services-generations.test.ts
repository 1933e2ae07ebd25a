import { generationScenarios } from "./scenarios/generations.ts";
import { replayScenarios } from "./scenarios/replay.ts";
import { onServices } from "./support/on-services.ts";

await onServices((name, start) => {
  generationScenarios(name, start);
  replayScenarios(name, start);
});
