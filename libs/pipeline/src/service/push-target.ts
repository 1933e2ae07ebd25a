/** Whether a source can be pushed to, and under which epoch. */
import { everyTenant } from "@tidemark/domain";
import { RequestError } from "../operations.ts";
import type { PushTarget } from "./push.ts";
import type { ServedSource } from "./served-source.ts";

/** @throws RequestError where nothing can be pushed, at all or now */
export async function pushTargetOf(source: ServedSource): Promise<PushTarget> {
  const { kind, name } = source;
  if (kind !== "push") {
    throw new RequestError(
      409,
      "not-pushed",
      `source ${name} is a ${kind}: change its documents there`,
    );
  }
  const refusal = (await source.refusesPush?.()) ?? null;
  if (refusal) throw new RequestError(503, "source-not-ready", `source ${name}: ${refusal}`);
  return {
    source: name,
    epoch: source.epoch(),
    permissions: source.defaultPermissions,
    tenant: source.defaultTenant ?? everyTenant,
  };
}

/**
 * Pushes under the source's epoch. Meanwhile the log may become another: then the epoch is an old one,
 * under which a position that began anew is taken for old. Who is told to try again has the new one.
 *
 * @throws RequestError where nothing was written, or it has to be written again
 */
export async function pushTo<T>(
  source: ServedSource,
  push: (target: PushTarget) => Promise<T>,
): Promise<T> {
  const target = await pushTargetOf(source);
  const accepted = await push(target);
  const { epoch } = await pushTargetOf(source);
  if (epoch === target.epoch) return accepted;
  throw new RequestError(
    503,
    "source-not-ready",
    `source ${source.name}: the log is another one, and so is its epoch`,
  );
}
