/** From a URL to a slot that is ours, read in an epoch that is right for it. */
import { hostname } from "node:os";
import { identityOfPushed, type SourceRecord } from "@tidemark/pipeline";
import { Connection } from "./connection.ts";
import { KeptState } from "./kept-state.ts";
import { formatLsn } from "./lsn.ts";
import { decideOrder, type Order } from "./order.ts";
import type { PostgresLineOptions } from "./postgres-line.ts";
import { prepare } from "./prepare.ts";
import type { ReadableTable } from "./read-rows.ts";
import { decodeState, freshState } from "./reader-state.ts";
import { ReplicationStream } from "./replication-stream.ts";
import type { ColumnTypes } from "./row-values.ts";
import { createSlot, dropSlot, identifySystem, ownSlot, slotFacts } from "./slot.ts";
import { columnTypes } from "./table-facts.ts";

export interface ExpectedWatermark {
  readonly id: string;
  /** It comes before this place, or never. */
  readonly beforeLsn: number;
}

export interface OpenSession {
  /** Holds the slot for as long as it lives. */
  readonly control: Connection;
  readonly stream: ReplicationStream;
  readonly tables: ReadonlyMap<string, ReadableTable>;
  readonly types: ColumnTypes;
  readonly epoch: number;
  readonly isSnapshotDue: boolean;
  readonly state: KeptState;
  /** What has to come again if this is the history that was read before; null where it need not. */
  readonly expected: ExpectedWatermark | null;
  /** Another connection, for what takes its time. */
  connect(what: string): Promise<Connection>;
}

const applicationNameMax = 63;

export async function openSession(
  options: PostgresLineOptions,
  resources: AsyncDisposableStack,
  {
    signal,
    standsBy,
    waits,
  }: {
    readonly signal: AbortSignal;
    /** Somebody else reads the slot, or does not any more. */
    readonly standsBy: (does: boolean) => void;
    readonly waits: (why: string | null) => void;
  },
): Promise<OpenSession> {
  const { clock, mappings, publication, slot, source, url } = options;
  const at = (what: string) => {
    const applicationName = `tidemark ${source} ${what} ${hostname()}:${process.pid}`;
    return { url, applicationName: applicationName.slice(0, applicationNameMax) };
  };
  const connect = async (what: string) => resources.use(await Connection.open(at(what)));
  const control = await connect("reader");
  await ownSlot(control, slot, {
    clock,
    signal,
    waits: (whom) => {
      standsBy(whom !== null);
      waits(whom && `slot ${slot} is read by ${whom}; this process waits`);
    },
  });
  const { isPublicationNew, tables } = await prepare(control, mappings, publication);
  const system = await identifySystem(at("identity"));
  const record = options.catalogue.source(source);
  const state = decodeState(record?.state);
  const found = decideOrder(state, { slot: await slotFacts(control, slot), endLsn: system.endLsn });
  const order = isPublicationNew && found.kind === "same" ? publicationIsNew : found;
  if (order.kind === "new") await makeSlot(control, slot, { order, waits });
  const begun = await beginOrder(options, control, order, {
    base: [system.systemId, system.timeline, system.database, options.mappingDigest].join("/"),
    record,
  });
  const stream = resources.use(
    await ReplicationStream.open({ ...at("stream"), publication, slot }),
  );
  const types = await columnTypes(control);
  return { control, stream, tables, types, connect, ...begun };
}

/** What was changed while a table was not published is nowhere to be read. */
const publicationIsNew: Order = { kind: "new", slot: "replace", why: "the publication is new" };

async function makeSlot(
  control: Connection,
  slot: string,
  { order, waits }: { order: Extract<Order, { kind: "new" }>; waits: (why: string | null) => void },
): Promise<void> {
  if (order.slot === "keep") return;
  if ((await slotFacts(control, slot)) !== null) await dropSlot(control, slot);
  waits(`slot ${slot} is being made: that waits until transactions have ended that are open now`);
  await createSlot(control, slot);
  waits(null);
}

/**
 * The epoch. A snapshot that was begun and not finished is begun anew in another one, since of its
 * rows at position 0 nobody can tell which of two is newer.
 */
async function beginOrder(
  options: PostgresLineOptions,
  control: Connection,
  order: Order,
  { base, record }: { readonly base: string; readonly record: SourceRecord | null },
): Promise<Pick<OpenSession, "epoch" | "expected" | "isSnapshotDue" | "state">> {
  const { catalogue, clock, generation, index, log, logger, slot, source } = options;
  const known = decodeState(record?.state);
  const isSame = order.kind === "same" && known !== null && record?.snapshotDue === false;
  const confirmedLsn = (await slotFacts(control, slot))?.confirmedLsn ?? 0;
  const incarnation = isSame
    ? known.incarnation
    : `${slot}@${formatLsn(confirmedLsn)} ${new Date(clock.nowMs()).toISOString()}`;
  const identity = [base, await identityOfPushed(log), incarnation].join(" ");
  const counts = await index.counts(generation());
  const highest = counts.find((each) => each.source === source)?.highestEpoch ?? 0;
  const { epoch, isNew, snapshotDue } = await catalogue.ensureEpoch(source, identity, highest);
  if (!isNew && known) {
    const { watermark } = known;
    const comesAgain = watermark !== null && confirmedLsn <= watermark.lsn;
    return {
      epoch,
      isSnapshotDue: snapshotDue,
      state: new KeptState(catalogue, source, known),
      expected: comesAgain ? { id: watermark.id, beforeLsn: watermark.endLsn } : null,
    };
  }
  const why =
    order.kind === "new"
      ? order.why
      : "the snapshot was not finished, or what is mapped has changed";
  logger[record ? "warn" : "info"]({ source, epoch, why }, "new epoch, read whole");
  const state = new KeptState(catalogue, source, freshState(incarnation, confirmedLsn));
  await state.change((fresh) => fresh);
  return { epoch, isSnapshotDue: true, state, expected: null };
}
