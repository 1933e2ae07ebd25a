export { contentTypeOf } from "./content-type.ts";
export type { FolderRule } from "./document-policy.ts";
export type { RootState } from "./folder-root.ts";
export { FolderSource, type FolderSourceOptions } from "./folder-source.ts";
export type { FrontMatter, ReadFrontMatter } from "./front-matter.ts";
export { defaultExclude, temporaryPatterns } from "./key-filter.ts";
export type { FolderReport, ReportListener } from "./report.ts";
export type { WatchListener, WatchProblem } from "./watch-folder.ts";
