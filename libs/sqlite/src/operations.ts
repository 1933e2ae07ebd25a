/** Every operation by name: what a thread is asked to do. Each is a function of a connection. */
import { auditedDocuments, manifestLeaves, pointLeaves } from "./audit-operations.ts";
import { maintainSlice, trimSlice } from "./compaction-operations.ts";
import type { Connection } from "./connection.ts";
import { countEmbedded } from "./embedding-operations.ts";
import { ensureGeneration, forgetGeneration, removeForgotten } from "./generation-operations.ts";
import {
  appendRecords,
  eraseRecords,
  readNext,
  readRange,
  recordsByKeys,
} from "./log-operations.ts";
import {
  checkpointWal,
  copyInto,
  limitPages,
  readSize,
  truncateWal,
} from "./maintenance-operations.ts";
import {
  commitDocuments,
  countManifests,
  listManifests,
  readManifests,
} from "./manifest-operations.ts";
import {
  existingDigests,
  pointsOfDocument,
  putPoints,
  storedPoints,
  sweepPoints,
  vectorsByText,
} from "./point-operations.ts";
import { raiseProgress, readProgress, setProgress } from "./progress-operations.ts";
import { followChanges, searchPoints, searchWithin } from "./search-operations.ts";
import { dropTopic, ensureTopic, listTopics, topicLanes } from "./topic-operations.ts";

/** Each call is a transaction of its own on the writer's connection. */
export const writes = {
  appendRecords,
  commitDocuments,
  dropTopic,
  ensureGeneration,
  ensureTopic,
  eraseRecords,
  forgetGeneration,
  maintainSlice,
  putPoints,
  raiseProgress,
  removeForgotten,
  setProgress,
  sweepPoints,
  trimSlice,
} as const;

/** Each call reads one snapshot. */
export const reads = {
  auditedDocuments,
  countEmbedded,
  countManifests,
  existingDigests,
  followChanges,
  listManifests,
  listTopics,
  manifestLeaves,
  pointLeaves,
  pointsOfDocument,
  readManifests,
  readNext,
  readProgress,
  readRange,
  readSize,
  recordsByKeys,
  searchPoints,
  searchWithin,
  storedPoints,
  topicLanes,
  vectorsByText,
} as const;

/** Outside of any transaction. */
export const chores = { checkpointWal, copyInto, limitPages, truncateWal } as const;

export type Writes = typeof writes;
export type Reads = typeof reads;
export type Chores = typeof chores;

type Operation = (connection: Connection, argument: never) => unknown;
/** What an operation takes besides its connection. */
export type ArgumentOf<Function extends Operation> = Parameters<Function>[1];
