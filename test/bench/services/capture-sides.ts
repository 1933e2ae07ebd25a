/**
 * Two that bring a table's changes into one Kafka: Tidemark's connector, and Debezium on Kafka Connect.
 * Both are running all the time; the one whose turn it is not holds no slot and reads nothing.
 */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel, type Admin } from "kafkajs";
import type { Client } from "pg";
// Quietens the client library, whose timers Node warns of.
import "../../../libs/kafka/src/brokers/request-queue.ts";
import { mutationsTopic } from "@tidemark/pipeline";
import type { DebeziumConnect } from "../../servers/connect.ts";
import type { DatabaseUnderTest } from "../../servers/database-under-test.ts";
import type { Fleet } from "./fleet.ts";

export interface CaptureSide {
  readonly name: string;
  readonly pid: number;
  /** Lets it make a slot and read the table whole. */
  begin(): Promise<void>;
  /** Records of rows that are in Kafka, of all its turns. */
  written(): Promise<number>;
  /** It holds no slot from then on. */
  end(): Promise<void>;
}

const table = "public.items";
const pollMs = 20;

export class TidemarkSide implements CaptureSide {
  readonly name = "Tidemark";
  readonly #fleet: Fleet;
  readonly #database: DatabaseUnderTest;
  /** Holds the lock that the slot's reader takes, so that it waits for its turn. */
  readonly #gate: Client;

  private constructor(fleet: Fleet, database: DatabaseUnderTest, gate: Client) {
    this.#fleet = fleet;
    this.#database = database;
    this.#gate = gate;
  }

  /** Of a fleet whose connector runs, and nothing behind it. */
  static async open(fleet: Fleet, database: DatabaseUnderTest): Promise<TidemarkSide> {
    const side = new TidemarkSide(fleet, database, await database.session());
    await side.end();
    return side;
  }

  get pid(): number {
    return this.#fleet.pidOf("connector");
  }

  async begin(): Promise<void> {
    await this.#gate.query("select pg_advisory_unlock_all()");
  }

  async written(): Promise<number> {
    const ranges = await this.#fleet.log.ranges(mutationsTopic);
    return ranges.reduce((sum, { end }) => sum + end, 0);
  }

  async end(): Promise<void> {
    const { slot } = this.#database;
    const key = createHash("sha256").update(`tidemark ${slot}`).digest().readBigInt64BE();
    const readersSql = `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'tidemark %' and datname = current_database()`;
    const lockSql = "select pg_try_advisory_lock($1) as own";
    // Whoever reads has the lock; it is let go a moment after.
    while (!(await this.#gate.query<{ own: boolean }>(lockSql, [String(key)])).rows[0]?.own) {
      await this.#gate.query(readersSql);
      await sleep(pollMs);
    }
    await this.#gate.query(readersSql);
    await this.#database.dropSlot();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gate.end();
  }
}

export class DebeziumSide implements CaptureSide {
  readonly name = "Debezium";
  readonly #connect: DebeziumConnect;
  readonly #database: DatabaseUnderTest;
  readonly #admin: Admin;
  #turn = 1;
  #before = 0;

  private constructor(connect: DebeziumConnect, database: DatabaseUnderTest, admin: Admin) {
    this.#connect = connect;
    this.#database = database;
    this.#admin = admin;
  }

  static async open(
    connect: DebeziumConnect,
    { brokers, database }: { readonly brokers: readonly string[]; database: DatabaseUnderTest },
  ): Promise<DebeziumSide> {
    const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    return new DebeziumSide(connect, database, admin);
  }

  get pid(): number {
    const { pid } = this.#connect;
    if (pid === undefined) throw new Error("Kafka Connect does not run");
    return pid;
  }

  async begin(): Promise<void> {
    await this.#connect.put({
      name: this.#connector,
      database: this.#database.url,
      prefix: this.#connector,
      tables: [table],
    });
  }

  async written(): Promise<number> {
    return this.#before + (await this.#recordsOf(`${this.#connector}.${table}`));
  }

  async end(): Promise<void> {
    this.#before = await this.written();
    await this.#connect.remove(this.#connector);
    const slot = `${this.#connector}_${this.#connector}`;
    const dropSql = `select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1 and not active`;
    const thereSql = "select from pg_replication_slots where slot_name = $1";
    while ((await this.#database.rows(thereSql, [slot])).length > 0) {
      await this.#database.rows(dropSql, [slot]);
      await sleep(pollMs);
    }
    // The next has a topic of its own, where nothing is yet.
    this.#turn += 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin.disconnect();
  }

  async #recordsOf(topic: string): Promise<number> {
    if (!(await this.#admin.listTopics()).includes(topic)) return 0;
    try {
      const offsets = await this.#admin.fetchTopicOffsets(topic);
      return offsets.reduce((sum, { offset }) => sum + Number(offset), 0);
    } catch (error) {
      // It is being made.
      if ((error as { readonly retriable?: boolean }).retriable) return 0;
      throw error;
    }
  }

  /** A new one each time: an old one goes on where it was. */
  get #connector(): string {
    return `turn${this.#turn}`;
  }
}
