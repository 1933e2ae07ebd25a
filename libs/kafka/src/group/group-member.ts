/**
 * One member of a consumer group: joins, says that it is alive, joins again when others come or go,
 * leaves. It never stops trying while what fails may succeed. Every acknowledgement carries the
 * generation it was made in, so that a member who slept cannot move the group's offsets.
 */
import { backoffMs, TransientError, type Clock, type PipelineLogger } from "@tidemark/pipeline";
import { Bell } from "../bell.ts";
import type { JoinedGroup } from "../brokers/broker.ts";
import type { KafkaBrokers } from "../brokers/kafka-brokers.ts";
import {
  isMembershipLost,
  isRebalancing,
  mayRetry,
  pipelineError,
} from "../brokers/kafka-errors.ts";
import type { TopicKeeper } from "../topics/topic-keeper.ts";
import {
  assignmentName,
  assignPartitions,
  decodeAssignment,
  decodeClaim,
  encodeAssignment,
  encodeClaim,
  type Claim,
} from "./assign-partitions.ts";
import type { Membership } from "./terms.ts";

export interface GroupMemberEvents {
  /** From now on these are the partitions. */
  joined(membership: Membership): void;
  /** Others may hold them soon, or do already. */
  unsettled(): void;
  /** It goes on when the error is a TransientError, and has ended otherwise. */
  failed(error: Error): void;
  well(): void;
}

export interface GroupMemberOptions {
  readonly brokers: KafkaBrokers;
  readonly topics: TopicKeeper;
  readonly topic: string;
  /** As Kafka calls it. */
  readonly group: string;
  readonly sessionTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: PipelineLogger;
  readonly events: GroupMemberEvents;
}

export interface Commit {
  readonly partition: number;
  readonly offset: number;
  /** Of what it is an offset. */
  readonly topicId: string;
}

export type CommitOutcome = "done" | "unsettled";

const heartbeatMs = 500;
const backoff = { firstMs: 200, mostMs: 2_000 };
const chanceFixed = 0.5;

export class GroupMember {
  readonly #options: GroupMemberOptions;
  readonly #bell = new Bell();
  #memberId = "";
  #claim: Claim = { generation: 0, partitions: [] };
  #membership: Membership | null = null;
  #isDue = false;
  /** How many partitions it assigned last; null where another member leads the group. */
  #assigned: number | null = null;

  constructor(options: GroupMemberOptions) {
    this.#options = options;
  }

  get memberId(): string {
    return this.#memberId;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, events } = this.#options;
    for (let failures = 0; !signal.aborted;) {
      try {
        const membership = await this.#join();
        failures = 0;
        if (signal.aborted) return;
        this.#membership = membership;
        events.joined(membership);
        await this.#stay(membership, signal);
        this.#membership = null;
        events.unsettled();
      } catch (error) {
        if (signal.aborted) return;
        this.#reconsider(error);
        if (isRebalancing(error) || isMembershipLost(error)) continue;
        const known = pipelineError(error, `in the group ${this.#options.group}`);
        events.failed(known);
        if (!(known instanceof TransientError)) return;
        failures += 1;
        await clock.sleep(backoffMs(failures, chanceFixed, backoff), signal);
      }
    }
  }

  /** Whoever leads the group assigns anew when there are other partitions than it assigned. */
  counted(partitions: number): void {
    if (!this.#membership || this.#assigned === null || this.#assigned === partitions) return;
    this.#rejoin();
  }

  /** @throws TransientError where nobody answered, and it may be done again */
  async commit({ offset, partition, topicId }: Commit): Promise<CommitOutcome> {
    const { brokers, group, topic, topics } = this.#options;
    const membership = this.#membership;
    if (!membership) return "unsettled";
    try {
      const coordinator = await brokers.coordinator(group);
      await coordinator.offsetCommit({
        groupId: group,
        groupGenerationId: membership.generation,
        memberId: membership.memberId,
        topics: [
          {
            topic: topics.nameOf(topic),
            partitions: [{ partition, offset: String(offset), metadata: topicId }],
          },
        ],
      });
      return "done";
    } catch (error) {
      if (isRebalancing(error) || isMembershipLost(error)) {
        if (this.#membership === membership) this.#rejoin();
        return "unsettled";
      }
      this.#reconsider(error);
      throw pipelineError(error, `acknowledging in the group ${group}`);
    }
  }

  #rejoin(): void {
    this.#isDue = true;
    this.#membership = null;
    this.#options.events.unsettled();
    this.#bell.ring();
  }

  /** Until the group changes, or has given this member up. */
  async #stay(membership: Membership, signal: AbortSignal): Promise<void> {
    const { brokers, events, group } = this.#options;
    while (!signal.aborted && !this.#isDue) {
      await this.#bell.wait(heartbeatMs, signal);
      if (signal.aborted || this.#isDue) return;
      try {
        const coordinator = await brokers.coordinator(group);
        await coordinator.heartbeat({
          groupId: group,
          groupGenerationId: membership.generation,
          memberId: membership.memberId,
        });
        events.well();
      } catch (error) {
        if (isRebalancing(error) || isMembershipLost(error)) return;
        if (!mayRetry(error)) throw error;
        this.#reconsider(error);
        if (!signal.aborted) events.failed(pipelineError(error, `in the group ${group}`));
      }
    }
  }

  async #join(): Promise<Membership> {
    const { brokers, group, logger, sessionTimeoutMs, topic, topics } = this.#options;
    this.#isDue = false;
    const name = topics.nameOf(topic);
    const coordinator = await brokers.coordinator(group);
    const joined = await coordinator.joinGroup({
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      // Nobody works while it rejoins, so whoever does not come soon is as good as gone.
      rebalanceTimeout: sessionTimeoutMs,
      memberId: this.#memberId,
      groupProtocols: [{ name: assignmentName, metadata: encodeClaim(name, this.#claim) }],
    });
    const { generationId: generation, leaderId, memberId } = joined;
    this.#memberId = memberId;
    const isLeader = leaderId === memberId;
    this.#assigned = null;
    const { memberAssignment } = await coordinator.syncGroup({
      groupId: group,
      generationId: generation,
      memberId,
      groupAssignment: isLeader ? await this.#assign(joined) : [],
    });
    const partitions = decodeAssignment(name, memberAssignment);
    this.#claim = { generation, partitions };
    logger.debug({ topic: name, group, generation, partitions }, "consumer group joined");
    return { memberId, generation, partitions };
  }

  async #assign({ members }: JoinedGroup) {
    const { topic, topics } = this.#options;
    const { name, partitions } = await topics.ensure(topic, 0);
    this.#assigned = partitions;
    const claims = members.map(({ memberId, memberMetadata }) => ({
      memberId,
      ...decodeClaim(memberMetadata),
    }));
    return [...assignPartitions(claims, partitions)].map(([memberId, held]) => ({
      memberId,
      memberAssignment: encodeAssignment(name, held),
    }));
  }

  /** What an error says of what was known. */
  #reconsider(error: unknown): void {
    if (isMembershipLost(error)) this.#memberId = "";
    if (!isRebalancing(error)) this.#options.brokers.forgetCoordinator(this.#options.group);
  }
}
