export { openS3Source, type OpenedS3, type OpenS3Options } from "./open-s3-source.ts";
export type { ReportListener, S3Report } from "./report.ts";
export { S3Source, type S3SourceOptions } from "./s3-source.ts";
export { SqsHints, type SqsHintsOptions } from "./sqs-hints.ts";
