/** What points carry of their document to narrow candidates. It never decides. */
import { unreadable, type Manifest } from "@tidemark/domain";
import type { Copies } from "../ports/vector-index.ts";

/** The copies for a manifest's newest state; hidden documents are no candidates. */
export function copiesOf(manifest: Manifest): Copies {
  const { seen } = manifest;
  const hidden = seen.deleted || seen.archived;
  return { policy: hidden ? unreadable : seen.policy, metadata: seen.metadata };
}
