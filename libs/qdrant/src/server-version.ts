/** Whether a server can do what is asked of it, by its version. */
import { UnfitServerError } from "./errors.ts";

/** The first that inserts only and updates only. */
const oldest = { major: 1, minor: 17 };

/** @throws UnfitServerError when it is older, or is no Qdrant */
export function checkVersion(version: string | undefined): void {
  const parts = /^(?<major>\d+)\.(?<minor>\d+)/u.exec(version ?? "")?.groups;
  if (!parts) throw new UnfitServerError("what answers at this address does not say it is Qdrant");
  const major = Number(parts["major"]);
  const minor = Number(parts["minor"]);
  const isOld = major < oldest.major || (major === oldest.major && minor < oldest.minor);
  if (!isOld) return;
  throw new UnfitServerError(
    `Qdrant ${version} is too old: ${oldest.major}.${oldest.minor} or newer is needed, ` +
      "since only it writes on a condition without inserting",
  );
}
