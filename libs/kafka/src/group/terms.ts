/**
 * For which term a member holds a partition. A term ends when anybody else may have held it: that is,
 * unless the member held it in the generation of its group right before.
 *
 *   held before   member id   generation         term
 *   yes           the same    the next one       goes on
 *   yes           the same    a later or lower   another: others may have held it in between
 *   yes           another     any                another: the group had given it up
 *   no            any         any                another
 */
export interface Membership {
  readonly memberId: string;
  readonly generation: number;
  readonly partitions: readonly number[];
}

export class Terms {
  #membership: Membership | null = null;
  #terms: ReadonlyMap<number, number> = new Map();
  #begun = 0;

  /** By partition, of those held now. */
  get current(): ReadonlyMap<number, number> {
    return this.#terms;
  }

  joined(membership: Membership): void {
    const before = this.#membership;
    const goesOn =
      before?.memberId === membership.memberId && before.generation + 1 === membership.generation;
    this.#membership = membership;
    this.#terms = new Map(
      membership.partitions.map((partition) => {
        const term = goesOn ? this.#terms.get(partition) : undefined;
        return [partition, term ?? this.#begin()];
      }),
    );
  }

  /** What was known of the partitions is void, though nobody else held them. */
  renew(): void {
    this.#terms = new Map([...this.#terms.keys()].map((partition) => [partition, this.#begin()]));
  }

  #begin(): number {
    this.#begun += 1;
    return this.#begun;
  }
}
