export { Embedders } from "./embedders.ts";
export type { OpenOptions, Wrap } from "./open-parts.ts";
export { openTidemark, type OpenedTidemark } from "./open-tidemark.ts";
export { roleOfService, roles, type Role, type ServiceName } from "./roles.ts";
export { runService, serviceOptions, type ServiceOptions } from "./run-service.ts";
