/** A small world with an audit of its own, and hands that reach into its index past every stage. */
import {
  documentId,
  type AuditCertificate,
  type DocumentId,
  type Failure,
  type Indexed,
  type Manifest,
  type Seen,
  type SourceName,
  type Token,
} from "@tidemark/domain";
import {
  Auditor,
  DocumentChunker,
  silentObserver,
  tokenSource,
  type AuditRequest,
  type Health,
  type ServedSource,
} from "@tidemark/pipeline";
import { SqliteAuditSpool } from "@tidemark/sqlite";
import { aManifest, digestsOf, only, seededChance, somePoints } from "@tidemark/testing";
import { paragraphs } from "./paragraphs.ts";
import type { SmallWorld } from "./small-world.ts";

const texts = ["low water falls at noon sharp", "spring tides follow every full moon"];
const secret = only("ann");
const silent = () => {};
const well: Health = { troubles: [], deadLetters: 0, late: [] };

export class AuditedWorld {
  readonly world: SmallWorld;
  readonly token = tokenSource("auditor");
  /** Decides which vectors are drawn. */
  seed = 1;
  health: Health = well;
  /** Called when the audit asks how the whole is, which it does at its beginning and while it repairs. */
  asked: () => void = silent;
  readonly kept: AuditCertificate[] = [];

  constructor(world: SmallWorld) {
    this.world = world;
  }

  /** In each source ten documents, of which `secret.md` is ann's alone, and `5.md` since a part said so. */
  static async filled(make: () => Promise<SmallWorld>): Promise<AuditedWorld> {
    const world = await make();
    for (let number = 0; number < 10; number += 1) {
      const key = number === 3 ? "secret.md" : `${number}.md`;
      const state = {
        text: texts.map((text) => `${text} ${number}`).join("\n\n"),
        ...(number === 3 ? { permissions: secret } : {}),
      };
      await world.change(key, state);
      await world.push(key, state);
    }
    await world.patch("5.md", { permissions: secret });
    await world.settle();
    return new AuditedWorld(world);
  }

  async audit(
    repair: { readonly dryRun: boolean } | null = null,
    source: SourceName | null = null,
    asked: Pick<AuditRequest, "documents" | "isThorough" | "examplesMax"> = {},
  ): Promise<readonly AuditCertificate[]> {
    const { world } = this;
    const auditor = new Auditor({
      log: world.eventLog(),
      index: world.index(),
      clock: world.clock,
      chance: seededChance(this.seed),
      logger: { debug: silent, info: silent, warn: silent, error: silent },
      sources: this.#sources(),
      generation: () => world.generation,
      embedder: () => world.embedder(),
      completeUpToMs: () => world.clock.nowMs(),
      openSpool: () => SqliteAuditSpool.open(),
      configHash: "config",
      settleMs: 1_000,
      sampleDefault: 100,
      repairsPerSecond: 1_000_000,
      rechunk: (mutation) => this.#chunker().chunk(mutation, AbortSignal.timeout(10_000)),
      cut: (mutation, signal) => this.#chunker().cut(mutation, signal),
      token: this.token,
      health: async () => {
        this.asked();
        return this.health;
      },
      keep: async (certificate) => void this.kept.push(certificate),
    });
    const request = { source, sample: 100, repair, ...asked };
    return auditor.audit(request, AbortSignal.timeout(30_000));
  }

  /** The manifest of a document becomes what it never was. */
  async forge(
    id: DocumentId,
    change: {
      readonly seen?: Partial<Seen>;
      readonly indexed?: Partial<Indexed> | null;
      readonly failure?: Failure;
    },
  ): Promise<void> {
    const { seen, indexed, ...manifest } = await this.world.manifest(id);
    await this.write(
      {
        ...manifest,
        seen: { ...seen, ...change.seen },
        indexed: change.indexed === null ? null : indexed && { ...indexed, ...change.indexed },
        failure: change.failure ?? manifest.failure,
        token: this.token(),
      },
      manifest.token,
    );
  }

  async write(manifest: Manifest, tokenRead: Token | null): Promise<void> {
    const commit = { manifest, tokenRead, put: [], sweep: null };
    const outcomes = await this.world.index().commit(this.world.generation.id, [commit], []);
    if (outcomes[0] !== "won") throw new Error("the forged manifest was not written");
  }

  /** Points of a document that nobody has chunked. */
  async putPoints(id: DocumentId, ...texts: readonly string[]) {
    const generation = this.world.generation.id;
    const { dimension } = this.world.embedder().space;
    const points = somePoints(texts, { generation, documentId: id, dimension });
    await this.world.index().putPoints(generation, points);
    return digestsOf(points);
  }

  /** A document that no source and no record of the log knows. */
  async putGhost(id: DocumentId): Promise<void> {
    const live = await this.putPoints(id, "a ghost ship");
    const { fingerprint } = this.world.generation;
    await this.write(aManifest({ documentId: id, indexed: { live, fingerprint } }), null);
  }

  #chunker(): DocumentChunker {
    const { world } = this;
    return new DocumentChunker({
      log: world.eventLog(),
      index: world.index(),
      generation: world.generation.id,
      clock: world.clock,
      token: this.token,
      observer: silentObserver,
      extractor: paragraphs,
      settings: { kind: "structure", tokensMax: 8, chunksMax: 1_000 },
      normalization: "nfc",
      countTokens: (text) => world.embedder().countTokens(text),
      contents: new Map([[world.filesName, world.files.opened()]]),
      accepted: () => false,
    });
  }

  #sources(): ReadonlyMap<SourceName, ServedSource> {
    const { world } = this;
    const common = {
      declaresTenants: false,
      declaresPermissions: true,
      defaultPermissions: { kind: "public" } as const,
      defaultTenant: "*",
      epoch: () => world.epoch,
      observedUpToMs: () => null,
    };
    const line = {
      hint: async (ids: readonly DocumentId[]) => {
        for (const id of ids) await world.hint(id.slice(world.filesName.length + 1), "repair");
      },
    } as unknown as NonNullable<ServedSource["line"]>;
    const files = {
      ...common,
      name: world.filesName,
      kind: "folder",
      line,
      from: world.files.opened(),
    };
    const push = { ...common, name: world.pushName, kind: "push", line: null, from: null };
    return new Map<SourceName, ServedSource>([
      [files.name, files],
      [push.name, push],
    ]);
  }
}

/** `files/tides.md`, or the same of what is pushed. */
export function idIn(source: SourceName, key: string): DocumentId {
  return documentId(source, key);
}
