import type { Permissions, SourceName } from "@tidemark/domain";
import type { DocumentSource } from "../ports/document-source.ts";
import type { SourceLine } from "./source-line.ts";

/** A configured source, as the service needs to know it. */
export interface ServedSource {
  readonly name: SourceName;
  readonly kind: string;
  /** Where they are declared, a search that names none is refused. */
  readonly declaresTenants: boolean;
  readonly declaresPermissions: boolean;
  readonly defaultPermissions: Permissions;
  /** Null where a pushed document must name its own. */
  readonly defaultTenant: string | null;
  /** Null for a source that is pushed. */
  readonly line: SourceLine | null;
  readonly from: DocumentSource | null;
  /** The epoch of a pushed source. */
  readonly epoch: () => number;
  /** Up to when everything was observed, though perhaps not applied. */
  readonly observedUpToMs: () => number | null;
}
