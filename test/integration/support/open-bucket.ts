/** A bucket under test as a source, opened as a config file has it. */
import { loadConfig, type S3SourceConfig } from "@tidemark/runtime";
import { openS3Source, type OpenedS3, type OpenS3Options } from "@tidemark/s3";
import { testCredentials, type BucketUnderTest } from "../../servers/bucket-under-test.ts";
import { realClock } from "./real-clock.ts";

const silent = () => {};
export const quiet = { debug: silent, info: silent, warn: silent, error: silent };

export interface BucketConfig {
  /** Lines of the source in the config file, beside its bucket and events. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly endpoint?: string;
  readonly name?: string;
  readonly dialect?: string;
}

export function configOf(bucket: BucketUnderTest, given: BucketConfig = {}): S3SourceConfig {
  const { dialect = "aws", endpoint = bucket.endpoint, name = bucket.name, settings } = given;
  const { deadLettersUrl, url } = bucket.queue;
  const uploads = {
    kind: "s3",
    bucket: { name, endpoint },
    events: { sqs: url, deadLetters: deadLettersUrl, dialect },
    permissions: "public",
    ...settings,
  };
  // JSON is YAML.
  const text = JSON.stringify({ version: 1, sources: { uploads } });
  const { config } = loadConfig({
    files: [{ name: "tidemark.yaml", text }],
    environment: {},
    readFile: () => "",
  });
  return config.sources["uploads"] as S3SourceConfig;
}

export function openBucket(
  bucket: BucketUnderTest,
  given: BucketConfig & { readonly options?: Partial<OpenS3Options> } = {},
): OpenedS3 {
  return openS3Source({
    config: configOf(bucket, given),
    sizeBytesMax: 8 << 20,
    rootIdentity: null,
    clock: realClock,
    chance: Math.random,
    logger: quiet,
    onReport: silent,
    credentials: testCredentials,
    ...given.options,
  });
}
