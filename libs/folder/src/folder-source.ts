/**
 * A folder as a source. A document's key is its path below the root with `/` between names, as the
 * file system spells it. Nothing is taken for deleted unless the root is still the root.
 */
import { isUtf8 } from "node:buffer";
import type { BigIntStats } from "node:fs";
import { basename, resolve } from "node:path";
import {
  everyTenant,
  type Content,
  type DocumentId,
  type ListedDocument,
  type Permissions,
} from "@tidemark/domain";
import {
  PoisonError,
  TransientError,
  type ContentStore,
  type DocumentSource,
  type SourceState,
} from "@tidemark/pipeline";
import { contentTypeOf } from "./content-type.ts";
import {
  policyByRules,
  policyWithFrontMatter,
  type FolderRule,
  type RuledPolicy,
} from "./document-policy.ts";
import { faultOf } from "./file-error.ts";
import { FolderProbe, type FolderProbeOptions } from "./folder-probe.ts";
import { FolderRoot, type RootState } from "./folder-root.ts";
import { noFrontMatter, type ReadFrontMatter } from "./front-matter.ts";
import { defaultExclude, keyFilter, type KeyFilter } from "./key-filter.ts";
import { keyFits, listDocuments } from "./list-documents.ts";
import { locateDocument } from "./locate-document.ts";
import { readFileWhole, readPinned, type FileReading } from "./read-file.ts";
import type { ReportListener } from "./report.ts";
import { pinOf, sourceDigestOf } from "./stat-digest.ts";
import { watchFolder, type WatchListener } from "./watch-folder.ts";

export interface FolderSourceOptions {
  /** The source's name: the start of its documents' ids. */
  readonly source: string;
  readonly root: string;
  /** Patterns of keys; everything that `exclude` leaves when absent. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly rules?: readonly FolderRule[];
  readonly tenant?: string;
  /** Of documents that neither a rule nor front matter says more about; unknown when absent. */
  readonly permissions?: Permissions;
  /** Larger content travels as a reference. */
  readonly inlineBytesMax?: number;
  /** Larger files are refused, unread. */
  readonly sizeBytesMax?: number;
  readonly readFrontMatter?: ReadFrontMatter;
  /** What `rootIdentity` was in an earlier process, so that another root is noticed at start. */
  readonly rootIdentity?: string | null;
  readonly onReport?: ReportListener;
}

const inlineBytesMaxDefault = 64 * 1024;
const sizeBytesMaxDefault = 100 * 1024 * 1024;
/** The setting that a refusal for size names. */
const sizeSetting = "vectors.extraction.input";

export class FolderSource implements DocumentSource, ContentStore {
  readonly #source: string;
  readonly #root: FolderRoot;
  readonly #filter: KeyFilter;
  readonly #policyOf: (key: string) => RuledPolicy;
  readonly #inlineBytesMax: number;
  readonly #sizeBytesMax: number;
  readonly #readFrontMatter: ReadFrontMatter;
  readonly #onReport: ReportListener;

  private constructor(options: FolderSourceOptions, root: FolderRoot) {
    const { include = ["**"], exclude = defaultExclude, rules = [] } = options;
    const { tenant = everyTenant, permissions = { kind: "unknown" } } = options;
    this.#source = options.source;
    this.#root = root;
    this.#filter = keyFilter({ include, exclude });
    this.#policyOf = policyByRules({ tenant, permissions }, rules);
    this.#inlineBytesMax = options.inlineBytesMax ?? inlineBytesMaxDefault;
    this.#sizeBytesMax = options.sizeBytesMax ?? sizeBytesMaxDefault;
    this.#readFrontMatter = options.readFrontMatter ?? noFrontMatter;
    this.#onReport = options.onReport ?? (() => undefined);
  }

  /** Throws `TransientError` when the root cannot be listed and no identity of it is given. */
  static async open(options: FolderSourceOptions): Promise<FolderSource> {
    const root = await FolderRoot.open(resolve(options.root), options.rootIdentity ?? null);
    return new FolderSource(options, root);
  }

  /** Which directory is taken for the root: to be kept, and given to `open` the next time. */
  get rootIdentity(): string {
    return this.#root.identity;
  }

  /** An absence means a deletion only while this is `listable`. */
  rootState(): Promise<RootState> {
    return this.#root.state();
  }

  async provesAbsence(): Promise<boolean> {
    return (await this.rootState()) === "listable";
  }

  /** A person says that the directory which is there now is the root. */
  acceptRoot(): Promise<void> {
    return this.#root.accept();
  }

  list(signal?: AbortSignal): AsyncIterable<ListedDocument> {
    return listDocuments({
      source: this.#source,
      root: this.#root,
      filter: this.#filter,
      policyOf: this.#policyOf,
      sizeBytesMax: this.#sizeBytesMax,
      onReport: this.#onReport,
      signal,
    });
  }

  async read(key: string): Promise<SourceState> {
    if (!this.#filter.includes(key) || !keyFits(this.#source, key)) return { kind: "filtered" };
    const realRoot = await this.#root.real();
    let stats: BigIntStats | null = null;
    try {
      const location = await locateDocument(realRoot, key);
      if (location.kind === "outside") return { kind: "filtered" };
      stats = location.stats;
      const contentType = contentTypeOf(key);
      const reading = await readFileWhole({
        path: location.path,
        contentType,
        inlineBytesMax: this.#inlineBytesMax,
        readFrontMatter: (head) => this.#readFrontMatter(head, basename(key)),
        admit: (stats) => this.#admit(stats),
      });
      return this.#found(key, contentType, reading);
    } catch (error) {
      if (error instanceof PoisonError && stats) throw this.#atState(error, key, stats);
      const fault = faultOf(error);
      if (fault.kind === "blocked") return fault;
      if (fault.kind === "transient") throw new TransientError(fault.reason, { cause: error });
    }
    await this.#root.confirmAbsence();
    return { kind: "gone" };
  }

  async fetch(_id: DocumentId, content: Content): Promise<Uint8Array | null> {
    if (content.kind === "text") return Buffer.from(content.text);
    if (content.kind === "bytes") return Buffer.from(content.base64, "base64");
    const realRoot = await this.#root.real();
    try {
      if (!this.#filter.includes(content.location)) return null;
      const location = await locateDocument(realRoot, content.location);
      if (location.kind === "outside") return null;
      if (location.stats.size > BigInt(this.#sizeBytesMax)) return null;
      return await readPinned(location.path, content.pin);
    } catch (error) {
      const fault = faultOf(error);
      if (fault.kind !== "absent") throw new TransientError(fault.reason, { cause: error });
    }
    await this.#root.confirmAbsence();
    return null;
  }

  /**
   * Says which keys may have changed, until the signal; resolves when every directory is watched
   * that can be. What watching misses, the scan finds.
   */
  watch(listener: WatchListener, signal: AbortSignal): Promise<void> {
    return watchFolder({
      root: this.#root,
      filter: this.#filter,
      fits: (key) => keyFits(this.#source, key),
      onReport: this.#onReport,
      listener,
      signal,
    });
  }

  /**
   * Writes a document of Tidemark's own, which is then read like any other. On another machine than
   * where the folder is listed, its root has another identity: it is the one of the first write.
   */
  probe({
    listedHere,
    ...options
  }: Omit<FolderProbeOptions, "root"> & { readonly listedHere: boolean }): FolderProbe {
    let own: FolderRoot | null = null;
    const seenFromHere = async () => (own ??= await FolderRoot.open(this.#root.path, null));
    return new FolderProbe({ ...options, root: listedHere ? () => this.#root : seenFromHere });
  }

  /** The fault with the state it was found in: the scan asks again once that has changed. */
  #atState(error: PoisonError, key: string, stats: BigIntStats): PoisonError {
    const ruleDigest = this.#policyOf(key).digest;
    const sizeBytesMax = this.#sizeBytesMax;
    const digest = sourceDigestOf({ stats, key, ruleDigest, sizeBytesMax });
    return new PoisonError(error.reason, error.message, { cause: error, digest });
  }

  #admit(stats: BigIntStats): void {
    if (stats.size <= BigInt(this.#sizeBytesMax)) return;
    throw new PoisonError(
      "size-limit",
      `the file has ${stats.size} bytes, more than ${sizeSetting} = ${this.#sizeBytesMax}`,
    );
  }

  #found(key: string, contentType: string | null, reading: FileReading): SourceState {
    const { stats, frontMatter, bytes, contentHash } = reading;
    const ruled = this.#policyOf(key);
    const { digest: ruleDigest, ...policy } = ruled;
    const onDropped = (field: string) => this.#onReport({ kind: "metadata-field", key, field });
    const sizeBytesMax = this.#sizeBytesMax;
    return {
      kind: "found",
      ...(frontMatter ? policyWithFrontMatter(policy, frontMatter.frontMatter, onDropped) : policy),
      body: {
        content: contentOf(key, contentType, stats, bytes),
        contentHash,
        contentType,
        fileName: basename(key),
        sizeBytes: Number(stats.size),
      },
      sourceDigest: sourceDigestOf({ stats, key, ruleDigest, sizeBytesMax }),
      // The modification time can be set back by whoever copies the file; this one cannot.
      sourceTimeMs: Number(stats.ctimeNs / 1_000_000n),
    };
  }
}

function contentOf(
  key: string,
  contentType: string | null,
  stats: BigIntStats,
  bytes: Uint8Array | null,
): Content {
  if (bytes === null) return { kind: "reference", location: key, pin: pinOf(stats) };
  return contentType?.startsWith("text/") === true && isUtf8(bytes)
    ? { kind: "text", text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString() }
    : { kind: "bytes", base64: Buffer.from(bytes).toString("base64") };
}
