/**
 * Whether a server of the tests is to be had. Tests on one that is absent are skipped, visibly and
 * with the reason; a run that names the server in `TIDEMARK_TEST_NEEDS` fails instead.
 *
 *     describeWith("the log on Kafka", await findKafka(), (kafka) => {
 *       test("…", async () => { … kafka().brokers … });
 *     });
 */
export interface Found<S extends AsyncDisposable> {
  readonly kind: "found";
  readonly name: string;
  readonly start: () => Promise<S>;
}

export interface Absent {
  readonly kind: "absent";
  readonly name: string;
  /** Why, and what to do about it. */
  readonly reason: string;
}

export type Finding<S extends AsyncDisposable> = Found<S> | Absent;

const startWithinMs = 180_000;
const stopWithinMs = 60_000;

/** One server for all tests of `body`, started before the first and stopped after the last. */
export function describeWith<S extends AsyncDisposable>(
  title: string,
  finding: Finding<S>,
  body: (server: () => S) => void,
): void {
  let server: S | undefined;
  const running = (): S => {
    if (!server) throw new Error(`${finding.name} has not been started`);
    return server;
  };
  if (finding.kind === "absent") {
    const { skip } = describe;
    if (isNeeded(finding.name)) throw new Error(`${finding.name} is needed: ${finding.reason}`);
    skip(`${title} (no ${finding.name}: ${finding.reason})`, () => body(running));
    return;
  }
  describe(title, () => {
    beforeAll(async () => {
      server = await finding.start();
    }, startWithinMs);
    body(running);
    // Said last, so that what the tests tidy up still has its server.
    afterAll(async () => {
      await server?.[Symbol.asyncDispose]();
    }, stopWithinMs);
  });
}

/** The first that is to be had; absent for all the reasons. */
export async function firstFound<S extends AsyncDisposable>(
  name: string,
  ways: readonly (() => Promise<Finding<S>>)[],
): Promise<Finding<S>> {
  const reasons: string[] = [];
  for (const way of ways) {
    const finding = await way();
    if (finding.kind === "found") return finding;
    reasons.push(finding.reason);
  }
  return { kind: "absent", name, reason: reasons.join("; ") };
}

/** A run that names a server is not content without it. */
export function isNeeded(name: string): boolean {
  return (process.env["TIDEMARK_TEST_NEEDS"] ?? "").split(",").includes(name);
}
