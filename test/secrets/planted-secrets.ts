/** Secrets that are like no other text anywhere, one for each place that takes one. */
import { randomBytes } from "node:crypto";
import { createKey } from "@tidemark/api";

const entropyBytes = 24;

export interface PlantedSecrets extends Readonly<Record<string, string>> {
  /** Of the client's own keys: the two that are known, and one that is not. */
  readonly admin: string;
  readonly writer: string;
  readonly unknown: string;
  readonly endpoint: string;
  readonly probe: string;
  readonly aws: string;
  readonly awsSession: string;
  readonly qdrant: string;
  readonly qdrantWrong: string;
  readonly kafkaWrong: string;
  readonly urlPassword: string;
}

export function plantSecrets(): PlantedSecrets {
  return {
    admin: createKey(),
    writer: createKey(),
    unknown: createKey(),
    endpoint: planted("proj"),
    probe: createKey(),
    // Such as AWS makes them: every other program writes one of these characters otherwise.
    aws: planted("wJal/r+"),
    awsSession: planted("FwoG//"),
    qdrant: planted("qd"),
    qdrantWrong: planted("qdw"),
    kafkaWrong: planted("kfw"),
    urlPassword: planted("url"),
  };
}

function planted(before: string): string {
  return before + randomBytes(entropyBytes).toString("hex");
}
