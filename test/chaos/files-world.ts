/** Documents that are pushed, objects of a bucket and files of a folder, all changed at once. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DistributedDeployment } from "../e2e/support/distributed-deployment.ts";
import { FolderStream } from "../kills/folder-stream.ts";
import { lookUpUncertain } from "../kills/look-up.ts";
import { PushRecord } from "../kills/push-record.ts";
import { PushStream } from "../kills/push-stream.ts";
import { testCredentials, type BucketUnderTest } from "../servers/bucket-under-test.ts";
import { bucketSource, BucketStream } from "./bucket-stream.ts";
import { roundsApart, type ChaosWorld, type WorldOptions } from "./chaos-world.ts";
import { PushGauges } from "./push-gauges.ts";

export interface FilesWorldOptions extends WorldOptions {
  readonly deployment: DistributedDeployment;
  readonly bucket: BucketUnderTest;
}

export class FilesWorld implements ChaosWorld {
  readonly gauges: PushGauges;
  readonly #options: FilesWorldOptions;
  readonly #record: PushRecord;
  readonly #push: PushStream;
  readonly #bucket: BucketStream;
  readonly #folder: FolderStream;

  constructor(options: FilesWorldOptions) {
    const { bucket, chance, deployment, pauseMs } = options;
    this.#options = options;
    writeFileSync(this.#at("acknowledged.ndjson"), "");
    const record = new PushRecord(this.#at("acknowledged.ndjson"));
    this.#record = record;
    this.gauges = new PushGauges({ record, url: deployment.url });
    this.#push = new PushStream({ record, chance: chance(3), pauseMs, outlasts: true });
    this.#bucket = new BucketStream({ bucket, chance: chance(4), pauseMs });
    const folder = deployment.at("");
    this.#folder = new FolderStream({ folder, chance: chance(5), pauseMs });
  }

  run(round: number, signal: AbortSignal): readonly Promise<void>[] {
    const prefix = `r${round % roundsApart}/`;
    const pace = { isWatched: () => true, changesMax: () => this.#push.tried / 2 };
    return [
      this.#push.run(this.#options.deployment.url, prefix, signal),
      this.#bucket.run(prefix, signal),
      this.#folder.run(prefix, pace, signal),
    ];
  }

  changes() {
    return [
      ["changes through the push API besides", this.#push.tried],
      ["changes in the bucket", this.#bucket.changes],
      ["  of their events lost", this.#options.bucket.events.lostEvents],
      ["changes in the folder", this.#folder.changes],
    ] as const;
  }

  get acknowledged(): number {
    return this.#record.acknowledged;
  }

  lookUp(): Promise<void> {
    return lookUpUncertain(this.#options.deployment.url, this.#record);
  }

  checker() {
    const expected = [...this.#record.expected(), ...this.#bucket.expected()];
    const lines = expected.map((document) => `${JSON.stringify(document)}\n`);
    writeFileSync(this.#at("expected.ndjson"), lines.join(""));
    const files = [this.#at("expected.ndjson"), this.#at("acknowledged.ndjson")] as const;
    const args = ["--config", this.#writeConfig(), "--pushed", files[0], "--tokens", files[1]];
    const environment = {
      AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
    };
    return { args, environment };
  }

  /** What the checker's own process runs by: it lists the bucket, and leaves the queue alone. */
  #writeConfig(): string {
    const [file = ""] = this.#options.deployment.configFiles;
    const config = JSON.parse(readFileSync(file, "utf8")) as {
      readonly sources: Record<string, { events?: unknown }>;
    };
    delete config.sources[bucketSource]?.events;
    writeFileSync(this.#at("checker.yaml"), JSON.stringify(config));
    return this.#at("checker.yaml");
  }

  #at(name: string): string {
    return join(this.#options.directory, name);
  }
}
