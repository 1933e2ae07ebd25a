/**
 * One connection that a slot streams to. What was received and not yet taken is bounded: past the
 * bound the socket is not read, and the server waits. Nothing is confirmed to the slot but what
 * `confirm` was told; the server is answered all the same, or it would take the reader for dead.
 */
import type { Client } from "pg";
import { TransientError } from "@tidemark/pipeline";
import { answered, clientOf, endClient, translated, type ConnectionOptions } from "./connection.ts";
import { EventDecoder, type ReplicationEvent } from "./replication-event.ts";

export interface StreamOptions extends Omit<ConnectionOptions, "isReplication"> {
  readonly slot: string;
  readonly publication: string;
}

const bufferedBytesMax = 8 << 20;
const eventsPerBatchMax = 2_000;
const statusEveryMs = 5_000;
/** The server answers every status; one that says nothing for so long is not there any more. */
const silentMsMax = 60_000;
/** Between 1970 and 2000, which Postgres counts from. */
const epochOffsetMs = 946_684_800_000n;
const statusLength = 34;

/** What `pg` keeps to itself, and what replication needs of it. */
interface RawConnection {
  on(event: "copyData", listener: (message: { readonly chunk: Buffer }) => void): void;
  once(event: "replicationStart", listener: () => void): void;
  sendCopyFromChunk(chunk: Buffer): void;
  readonly stream: { pause(): void; resume(): void };
}

interface Buffered {
  readonly event: ReplicationEvent;
  readonly bytes: number;
}

export class ReplicationStream implements AsyncDisposable {
  readonly #client: Client;
  readonly #raw: RawConnection;
  readonly #decoder: EventDecoder;
  readonly #buffered: Buffered[] = [];
  #bufferedBytes = 0;
  #isPaused = false;
  #confirmedLsn = 0;
  #heardAtMs = performance.now();
  #failure: TransientError | null = null;
  #wake: () => void = () => {};
  #timer: NodeJS.Timeout | null = null;

  private constructor(client: Client, decoder: EventDecoder) {
    this.#client = client;
    this.#decoder = decoder;
    this.#raw = (client as unknown as { readonly connection: RawConnection }).connection;
  }

  /** @throws TransientError when the slot is another's, or not there */
  static async open(options: StreamOptions): Promise<ReplicationStream> {
    const client = clientOf({ ...options, isReplication: true });
    const stream = new ReplicationStream(client, new EventDecoder(options.publication));
    client.on("error", (error) => stream.#fail(error));
    client.on("end", () => stream.#fail(new Error("the connection has ended")));
    await answered(() => client.connect());
    try {
      await stream.#start(options.slot);
    } catch (error) {
      await stream[Symbol.asyncDispose]();
      throw error;
    }
    return stream;
  }

  /** Events in their order, as many at once as there are; ends with an error alone. */
  async *batches(signal: AbortSignal): AsyncGenerator<readonly ReplicationEvent[]> {
    const wake = () => this.#wake();
    signal.addEventListener("abort", wake);
    try {
      while (!signal.aborted) {
        const taken = this.#buffered.splice(0, eventsPerBatchMax);
        this.#bufferedBytes -= taken.reduce((sum, { bytes }) => sum + bytes, 0);
        this.#resumeWhenDrained();
        if (taken.length > 0) yield taken.map(({ event }) => event);
        else if (this.#failure) throw this.#failure;
        else await this.#untilWoken(signal);
      }
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }

  /** Everything before `lsn` is kept elsewhere for good: the server may forget it. */
  confirm(lsn: number): void {
    this.#confirmedLsn = Math.max(this.#confirmedLsn, lsn);
    this.#sendStatus();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    this.#failure ??= new TransientError("the stream is closed");
    // A socket that is not read would never hear that the other side has closed it.
    this.#raw.stream.resume();
    await endClient(this.#client);
  }

  async #start(slot: string): Promise<void> {
    const started = new Promise<void>((resolve) => this.#raw.once("replicationStart", resolve));
    this.#raw.on("copyData", ({ chunk }) => this.#receive(chunk));
    // Until it is told otherwise, the server begins where the slot was confirmed last.
    const ended = this.#decoder.plugin.start(this.#client, slot, "0/0");
    const failed = ended.then(
      () => this.#fail(new Error("the server has ended the stream")),
      (error: unknown) => this.#fail(error),
    );
    await Promise.race([started, failed]);
    if (this.#failure) throw this.#failure;
    this.#timer = setInterval(() => this.#beat(), statusEveryMs);
  }

  #receive(chunk: Buffer): void {
    this.#heardAtMs = performance.now();
    let event: ReplicationEvent | null;
    try {
      event = this.#decoder.decode(chunk);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (!event) return;
    if (event.kind === "keepalive" && event.isReplyWanted) this.#sendStatus();
    this.#buffered.push({ event, bytes: chunk.length });
    this.#bufferedBytes += chunk.length;
    if (this.#bufferedBytes > bufferedBytesMax && !this.#isPaused) {
      this.#isPaused = true;
      this.#raw.stream.pause();
    }
    this.#wake();
  }

  #resumeWhenDrained(): void {
    if (!this.#isPaused || this.#bufferedBytes > bufferedBytesMax / 2) return;
    this.#isPaused = false;
    this.#heardAtMs = performance.now();
    this.#raw.stream.resume();
  }

  #beat(): void {
    if (!this.#isPaused && performance.now() - this.#heardAtMs > silentMsMax) {
      this.#fail(new Error(`nothing was heard for ${silentMsMax} ms`));
    }
    this.#sendStatus({ asksForReply: true });
  }

  #sendStatus({ asksForReply = false } = {}): void {
    if (this.#failure) return;
    const status = Buffer.alloc(statusLength);
    status.write("r", 0, "latin1");
    const lsn = BigInt(this.#confirmedLsn);
    // Written, flushed, applied: to us they are one.
    for (const at of [1, 9, 17]) status.writeBigUInt64BE(lsn, at);
    const nowMs = BigInt(Math.round(performance.timeOrigin + performance.now()));
    status.writeBigInt64BE((nowMs - epochOffsetMs) * 1000n, 25);
    status.writeUInt8(asksForReply ? 1 : 0, 33);
    this.#raw.sendCopyFromChunk(status);
  }

  #fail(error: unknown): void {
    this.#failure ??= translated(error);
    this.#wake();
  }

  #untilWoken(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (signal.aborted || this.#failure || this.#buffered.length > 0) resolve();
    });
  }
}
