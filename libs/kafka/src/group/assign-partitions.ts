/**
 * Which member of a group holds which partition: each about as many as any other, and whoever held
 * one before keeps it as far as that allows, so that a member that comes or goes disturbs few.
 */
import { AssignerProtocol } from "kafkajs";

export interface Claim {
  /** The generation of the group in which it held these; 0 for none. */
  readonly generation: number;
  readonly partitions: readonly number[];
}

export interface Claimant extends Claim {
  readonly memberId: string;
}

/** Members that share a group agree on it, so it never changes its meaning. */
export const assignmentName = "tidemark-sticky-1";
const protocolVersion = 0;

/** Decides by what members claim; of two that claim one partition, the later generation is right. */
export function assignPartitions(
  members: readonly Claimant[],
  partitions: number,
): ReadonlyMap<string, readonly number[]> {
  const assigned = new Map<string, number[]>();
  const byId = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1));
  for (const { memberId } of byId) assigned.set(memberId, []);
  const shares = sharesOf(byId, partitions);
  const taken = new Set<number>();
  for (const member of byId.toSorted((a, b) => b.generation - a.generation)) {
    const own = assigned.get(member.memberId) ?? [];
    for (const partition of member.partitions) {
      const isFree = partition < partitions && !taken.has(partition);
      if (!isFree || own.length >= (shares.get(member.memberId) ?? 0)) continue;
      own.push(partition);
      taken.add(partition);
    }
  }
  const free = Array.from({ length: partitions }, (_, at) => at).filter((at) => !taken.has(at));
  for (const { memberId } of byId) {
    const own = assigned.get(memberId) ?? [];
    own.push(...free.splice(0, (shares.get(memberId) ?? 0) - own.length));
    own.sort((a, b) => a - b);
  }
  return assigned;
}

/** The larger shares go to those who hold the most already, so that the fewest move. */
function sharesOf(members: readonly Claimant[], partitions: number): ReadonlyMap<string, number> {
  const least = Math.floor(partitions / members.length);
  const larger = partitions % members.length;
  const byHeld = members.toSorted((a, b) => b.partitions.length - a.partitions.length);
  return new Map(byHeld.map(({ memberId }, at) => [memberId, least + (at < larger ? 1 : 0)]));
}

export function encodeClaim(topic: string, claim: Claim): Buffer {
  return AssignerProtocol.MemberMetadata.encode({
    version: protocolVersion,
    topics: [topic],
    userData: Buffer.from(JSON.stringify(claim)),
  });
}

export function decodeClaim(metadata: Buffer): Claim {
  const userData = AssignerProtocol.MemberMetadata.decode(metadata)?.userData;
  if (!userData || userData.length === 0) return { generation: 0, partitions: [] };
  return JSON.parse(userData.toString()) as Claim;
}

export function encodeAssignment(topic: string, partitions: readonly number[]): Buffer {
  return AssignerProtocol.MemberAssignment.encode({
    version: protocolVersion,
    assignment: { [topic]: [...partitions] },
    userData: Buffer.alloc(0),
  });
}

export function decodeAssignment(topic: string, assignment: Buffer): readonly number[] {
  if (assignment.length === 0) return [];
  return AssignerProtocol.MemberAssignment.decode(assignment)?.assignment[topic] ?? [];
}
