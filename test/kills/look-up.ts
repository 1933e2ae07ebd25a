/** Which of its possible states an uncertain document is in, by what the process says of it. */
import { documentPath, send } from "../checker/ask.ts";
import type { Possible, PushRecord } from "./push-record.ts";
import { pushSource } from "./push-stream.ts";

interface View {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly manifest: {
    readonly seen: {
      readonly archived: boolean;
      readonly policy: { readonly tenant: string; readonly permissions: string | string[] };
    };
  };
}

/** To be called once the process is complete: before, it does not know yet itself. */
export async function lookUpUncertain(url: string, record: PushRecord): Promise<void> {
  for (const key of record.uncertain()) {
    const path = documentPath(pushSource, key);
    const { status, body } = await send(url, { method: "GET", path });
    if (status === 404) {
      record.isAbsent(key);
      continue;
    }
    const view = body as View;
    record.resolve(key, (state) => isAs(state, view));
  }
}

/** Metadata carries the number of its write, so that this tells puts and patches of it apart. */
function isAs(state: Possible, { manifest, metadata }: View): boolean {
  if (!state) return false;
  const { permissions, tenant } = manifest.seen.policy;
  return (
    metadata["write"] === state.metadata["write"] &&
    tenant === state.tenant &&
    manifest.seen.archived === state.archived &&
    text(permissions) === text(state.permissions)
  );
}

function text(permissions: string | readonly string[]): string {
  return typeof permissions === "string" ? permissions : JSON.stringify(permissions.toSorted());
}
