export { EXTRACTION_VERSION } from "./extraction-version.ts";
export {
  Extractor,
  extractorSettingsDefault,
  type Extracted,
  type ExtractorSettings,
} from "./extractor.ts";
export type { FrontMatter } from "./front-matter-fields.ts";
export {
  frontMatterBytesMax,
  readFrontMatter,
  type ReadFrontMatterResult,
} from "./front-matter.ts";
