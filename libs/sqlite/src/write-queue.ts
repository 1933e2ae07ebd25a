/** What waits for the writer: restrictions before content, content before background. */
export const priorities = ["restriction", "content", "background"] as const;
export type Priority = (typeof priorities)[number];

/** First in, first out within a priority. */
export class WriteQueue<Job> {
  readonly #lanes: Record<Priority, Job[]> = { restriction: [], content: [], background: [] };

  push(priority: Priority, job: Job): void {
    this.#lanes[priority].push(job);
  }

  /**
   * The next job, together with those of its priority that can share its transaction.
   * Sharing never changes the order of those that share.
   */
  take(options: {
    readonly shares: (first: Job, other: Job) => boolean;
    readonly jobsMax: number;
  }): readonly Job[] {
    for (const priority of priorities) {
      const lane = this.#lanes[priority];
      const first = lane.shift();
      if (first === undefined) continue;
      const taken = [first];
      const left: Job[] = [];
      for (const job of lane) {
        const joins = taken.length < options.jobsMax && options.shares(first, job);
        (joins ? taken : left).push(job);
      }
      if (taken.length > 1) this.#lanes[priority] = left;
      return taken;
    }
    return [];
  }
}
