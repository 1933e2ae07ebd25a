export { Decimal } from "./decimal.ts";
export { keyPrefixOf, rowKey, tableOfKey, textsOfKey } from "./document-key.ts";
export { keyOfRow, mapRow, type RowDocument, type RowOutcome } from "./map-row.ts";
export { unavailable, type Row, type RowValue } from "./row.ts";
export type { ConditionValue, RowCondition } from "./row-condition.ts";
export type { PermissionsRule, TenantRule } from "./row-policy.ts";
export { problemText, UnmappedRow, type RowProblem } from "./row-problem.ts";
export {
  tableMapping,
  tableMappings,
  type TableDefaults,
  type TableMapping,
  type TableRules,
} from "./table-mapping.ts";
export { recoverParts } from "./text-template.ts";
