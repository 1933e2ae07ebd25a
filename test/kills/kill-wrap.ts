/** Tells which step of the protocol a call to the database or the embedder is. */
import { decodeMarker } from "@tidemark/domain";
import type { Wrap } from "@tidemark/embedded";
import type { EmbedRequest } from "@tidemark/pipeline";
import type { Killer } from "./killer.ts";
import type { KillStep } from "./kill-step.ts";

type Database = Parameters<Wrap["database"]>[0];
type Embedder = Parameters<Wrap["embedder"]>[0];

export function killWrap(killer: Killer): Wrap {
  return {
    database: (database) => wrapDatabase(database, killer),
    embedder: (embedder) => wrapEmbedder(embedder, killer),
  };
}

/** Writes and reads are all there is to a database; what else it has is passed on. */
function wrapDatabase(database: Database, killer: Killer): Database {
  const [write, read] = [called(database, "write"), called(database, "read")];
  const own: Record<string, Called> = {
    write: (name, argument, options) =>
      killer.around(stepOfWrite(String(name), argument, options as WriteOptions), () =>
        write(name, argument, options),
      ),
    read: (name, ...rest) => killer.around(stepOfRead(String(name)), () => read(name, ...rest)),
  };
  return new Proxy(database, { get: (target, name) => own[String(name)] ?? bound(target, name) });
}

function wrapEmbedder(embedder: Embedder, killer: Killer): Embedder {
  const embed = (request: EmbedRequest) =>
    killer.around(request.purpose === "document" ? "embed" : null, () => embedder.embed(request));
  return new Proxy(embedder, {
    get: (target, name) => (name === "embed" ? embed : bound(target, name)),
  });
}

type Called = (...values: readonly unknown[]) => Promise<unknown>;

function called(target: object, name: string): Called {
  return bound(target, name) as Called;
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name, target);
  return typeof value === "function" ? (value.bind(target) as unknown) : value;
}

function stepOfRead(name: string): KillStep | null {
  if (name === "vectorsByText") return "vectors";
  if (name !== "readManifests") return null;
  // The restrictor and searches read manifests too; only its caller tells them apart.
  return /\/stages\/upsert\.ts/u.test(new Error("whose").stack ?? "") ? "manifest" : null;
}

function stepOfWrite(name: string, argument: unknown, { durable }: WriteOptions): KillStep | null {
  switch (name) {
    case "putPoints":
      return "points";
    case "sweepPoints":
      return "sweep";
    case "commitDocuments":
      return stepOfCommit(argument as CommitArgument);
    case "raiseProgress":
      return (argument as ProgressArgument).some(({ group }) => group.startsWith("upserter."))
        ? "progress"
        : null;
    case "appendRecords":
      return stepOfAppend(argument as AppendArgument, durable === true);
    default:
      return null;
  }
}

interface WriteOptions {
  readonly durable?: boolean;
}
interface CommitArgument {
  readonly commits: readonly {
    readonly manifest: { readonly deleted: boolean };
    readonly sweep: object | null;
  }[];
}
type ProgressArgument = readonly { readonly group: string }[];
interface AppendArgument {
  readonly topic: string;
  readonly records: readonly { readonly value: string }[];
}

/** The upserter sweeps with every commit, the restrictor only what a delete emptied. */
function stepOfCommit({ commits }: CommitArgument): KillStep | null {
  if (commits.length === 0) return null;
  if (commits.some(({ manifest }) => manifest.deleted)) return "delete";
  return commits.some(({ sweep }) => sweep !== null) ? "commit" : "restrict";
}

function stepOfAppend({ records, topic }: AppendArgument, durable: boolean): KillStep | null {
  const value = records[0]?.value;
  // Markers come every second, whether or not anything happens.
  if (value === undefined || decodeMarker(value)) return null;
  if (topic === "hints") return "hint";
  if (topic === "mutations") return durable ? "accept" : "resolve";
  if (topic.startsWith("chunks.")) return "chunk";
  if (topic !== "receipts") return null;
  return records.some((record) => record.value.includes('"stage":"upserter"')) ? "receipt" : null;
}
