/** What was spent today, kept in the data directory so that a restart does not forget it. */
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Spending {
  /** Such as `2026-03-01`, in UTC. */
  readonly day: string;
  readonly spent: number;
}

export class SpendingNotes {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Null when nothing was spent, or the note cannot be read. */
  read(embedder: string): Spending | null {
    try {
      const note = JSON.parse(readFileSync(this.#path(embedder), "utf8")) as Partial<Spending>;
      const { day, spent } = note;
      return typeof day === "string" && typeof spent === "number" ? { day, spent } : null;
    } catch {
      return null;
    }
  }

  /** A service has no other use for the directory, and several may share one. */
  write(embedder: string, spending: Spending): void {
    mkdirSync(this.#directory, { recursive: true });
    const partial = `${this.#path(embedder)}.${randomUUID()}`;
    writeFileSync(partial, JSON.stringify(spending));
    renameSync(partial, this.#path(embedder));
  }

  #path(embedder: string): string {
    return join(this.#directory, `spent-${encodeURIComponent(embedder)}.json`);
  }
}
