/**
 * The whole check of a running process or cluster: its sources are indexed into a fresh data
 * directory by a process of its own, and what both hold and answer is compared.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { loadConfigFiles, type Config, type PostgresSourceConfig } from "@tidemark/runtime";
import { awaitComplete } from "./await-complete.ts";
import { ask } from "./ask.ts";
import { compareSearches } from "./compare-searches.ts";
import { compareWithSource, compareWithTokens } from "./compare-source.ts";
import { compareStores } from "./compare-stores.ts";
import type { Difference } from "./difference.ts";
import { pushAll, type ExpectedDocument, type PushedDocument } from "./pushed-document.ts";
import { questionsFor } from "./questions.ts";
import { readCluster } from "./read-cluster.ts";
import { readRows } from "./read-rows.ts";
import { copyData, readStore, type Store } from "./read-store.ts";
import { StartedProcess } from "./started-process.ts";

export interface CheckOptions {
  /** Of a running process that is complete. */
  readonly url: string;
  /** Of the fresh process, with the same sources. */
  readonly configFile: string;
  /** Of the processes that are checked, where their index is in a server. */
  readonly clusterFiles?: readonly string[];
  /** Everything pushed or put into a bucket, as it should be found. */
  readonly pushed: readonly PushedDocument[];
  /** Of acknowledged writes. */
  readonly tokens: readonly string[];
  /** An empty directory for the fresh index and the copy. */
  readonly work: string;
}

export interface CheckReport {
  readonly documents: number;
  readonly chunks: number;
  readonly acknowledged: number;
  readonly questions: number;
  /** In all answers of the fresh index together: none would prove nothing. */
  readonly hits: number;
  readonly differences: readonly Difference[];
  /** Points listed nowhere, and how many documents have some. */
  readonly leftovers: { readonly points: number; readonly documents: number };
  readonly strayVectors: number;
}

export async function checkProcess(options: CheckOptions): Promise<CheckReport> {
  const { clusterFiles = [], configFile, pushed, tokens, url, work } = options;
  const freshData = join(work, "fresh");
  mkdirSync(freshData, { recursive: true });
  await using fresh = StartedProcess.start({
    dataDirectory: freshData,
    configFile,
    logFile: join(work, "fresh.log"),
  });
  await fresh.untilReady();
  const freshUrl = fresh.url;
  if (!freshUrl) {
    throw new Error(`the fresh process ended: ${readFileSync(join(work, "fresh.log"), "utf8")}`);
  }
  const { config, folders, sources } = readSources(configFile);
  await pushAll(
    freshUrl,
    pushed.filter(({ source }) => config.sources[source]?.kind === "push"),
  );
  await awaitComplete(freshUrl);
  const expected = { folders, documents: [...pushed, ...(await rowsOf(config))] };
  const place = clusterFiles.length > 0 ? loadConfigFiles(clusterFiles, process.env).config : null;
  const [checkedStore, freshStore] = [
    place?.index.kind === "qdrant"
      ? await readCluster(url, { index: place.index, sources })
      : await backedUp(url, join(work, "checked-copy"), sources),
    await backedUp(freshUrl, join(work, "fresh-copy"), sources),
  ];
  const questions = questionsFor(freshStore);
  const searched = await compareSearches({ checked: url, fresh: freshUrl }, questions);
  await fresh.stop();
  const differences = [
    // The fresh one too: two that are wrong alike prove nothing.
    ...compareWithSource(freshStore, expected).map(ofFresh),
    ...compareWithSource(checkedStore, expected),
    ...compareWithTokens(checkedStore, tokens),
    ...compareStores(checkedStore, freshStore),
    ...searched.differences,
  ];
  return {
    documents: freshStore.documents.size,
    chunks: freshStore.points,
    acknowledged: tokens.length,
    questions: questions.length,
    hits: searched.hits,
    differences,
    leftovers: {
      points: [...checkedStore.leftovers.values()].reduce((sum, points) => sum + points, 0),
      documents: checkedStore.leftovers.size,
    },
    strayVectors: checkedStore.strayVectors,
  };
}

/** Checks the data directory of a process that has ended; one is started on a copy of it. */
export async function checkDirectory(
  options: Omit<CheckOptions, "url"> & { readonly dataDirectory: string },
): Promise<CheckReport> {
  const dataDirectory = join(options.work, "checked");
  copyData(options.dataDirectory, dataDirectory);
  const logFile = join(options.work, "checked.log");
  const { configFile } = options;
  await using checked = StartedProcess.start({ dataDirectory, configFile, logFile });
  await checked.untilReady();
  if (!checked.url) throw new Error(`it does not start: ${readFileSync(logFile, "utf8")}`);
  await awaitComplete(checked.url);
  // Awaited here: the process is to live until then.
  return await checkProcess({ ...options, url: checked.url });
}

function ofFresh(difference: Difference): Difference {
  return { ...difference, detail: `in the fresh index: ${difference.detail}` };
}

async function backedUp(
  url: string,
  directory: string,
  sources: readonly string[],
): Promise<Store> {
  const path = join(directory, "tidemark.db");
  await ask(url, { method: "POST", path: "/v1/backup", body: { path } });
  return readStore(directory, sources);
}

async function rowsOf(config: Config): Promise<readonly ExpectedDocument[]> {
  const databases = Object.values(config.sources).filter(({ kind }) => kind === "postgres");
  return (
    await Promise.all(databases.map((source) => readRows(source as PostgresSourceConfig)))
  ).flat();
}

function readSources(configFile: string): {
  readonly config: Config;
  readonly sources: readonly string[];
  readonly folders: ReadonlyMap<string, string>;
} {
  const { config } = loadConfigFiles([configFile], process.env);
  const folders = Object.values(config.sources).flatMap((source): [string, string][] =>
    source.kind === "folder" ? [[source.name, resolve(dirname(configFile), source.path)]] : [],
  );
  return { config, sources: Object.keys(config.sources), folders: new Map(folders) };
}
