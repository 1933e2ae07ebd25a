/** What befalls processes: crashes, deployments, pauses after which they go on as zombies. */
import { pick } from "@tidemark/testing";
import type { Running, World } from "./world.ts";

export class Mishaps {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  startMissing(): void {
    const { roles, running, chance } = this.#world;
    const missing = roles.filter(
      (role) =>
        !running.some(
          (one) => one.role.stage === role.stage && one.role.generation === role.generation,
        ),
    );
    if (missing.length > 0) this.#world.start(pick(chance, missing));
  }

  crash(): void {
    const { running } = this.#world;
    if (running.length > 0) this.#world.crash(this.#victim(running));
  }

  /** A deployment: the process finishes what is in the air. */
  stop(): void {
    const awake = this.#world.running.filter(({ process }) => !process.isPaused);
    if (awake.length > 0) this.#victim(awake).stop.abort();
  }

  /** A paused process goes on as a zombie, while a twin has done its work. */
  pauseOrResume(): void {
    const { chance, running } = this.#world;
    const paused = running.filter(({ process }) => process.isPaused);
    if (paused.length > 0 && chance() < 0.5) {
      this.goOn(pick(chance, paused));
    } else if (paused.length < 2 && running.length > paused.length) {
      const awake = running.filter(({ process }) => !process.isPaused);
      // A resolver between reading and telling is the one that can tell what is no longer so.
      const resolvers = awake.filter(({ role }) => role.stage === "resolver");
      const one = this.#victim(resolvers.length > 0 && chance() < 0.4 ? resolvers : awake);
      one.process.pause();
      const twin = this.#world.start(one.role);
      this.#world.note(`${one.process.name} is paused, ${twin.process.name} takes over`);
    }
  }

  /** What it holds it still does; then most learn that another has taken their place. */
  goOn({ process, stop }: Running): void {
    this.#world.note(`${process.name} goes on`);
    process.resume();
    if (this.#world.chance() < 0.7) stop.abort();
  }

  /** Most often one that has something in the air. */
  #victim(running: readonly Running[]): Running {
    const { chance } = this.#world;
    const busy = running.filter(({ runner }) => runner.waiting > 0);
    return pick(chance, busy.length > 0 && chance() < 0.8 ? busy : running);
  }
}
