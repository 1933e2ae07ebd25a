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
      const one = pick(chance, paused);
      this.#world.note(`${one.process.name} goes on`);
      one.process.resume();
    } else if (paused.length < 2 && running.length > paused.length) {
      const one = this.#victim(running.filter(({ process }) => !process.isPaused));
      one.process.pause();
      const twin = this.#world.start(one.role);
      this.#world.note(`${one.process.name} is paused, ${twin.process.name} takes over`);
    }
  }

  /** Most often one that has something in the air. */
  #victim(running: readonly Running[]): Running {
    const { chance } = this.#world;
    const busy = running.filter(({ runner }) => runner.waiting > 0);
    return pick(chance, busy.length > 0 && chance() < 0.8 ? busy : running);
  }
}
