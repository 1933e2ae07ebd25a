/**
 * Every step of a memory adapter passes a gate before its effect, so that a scheduler can hold it
 * there, let others go first, or never open it again: a crash between two steps.
 */
export type Gate = (step: string) => Promise<void>;

/** Holds nobody. */
export const openGate: Gate = () => Promise.resolve();
