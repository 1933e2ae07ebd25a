/** A promise that was broken. Anything else that is thrown is a fault of the simulation. */
export class Violation extends Error {
  override name = "Violation";
}

export function forbid(condition: boolean, violation: string): void {
  if (condition) throw new Violation(violation);
}
