/** A table of the config, made ready: which columns are needed, and what each is for. */
import type { RowCondition } from "./row-condition.ts";
import type { PermissionsRule, TenantRule } from "./row-policy.ts";
import { parseTemplate, type TextTemplate } from "./text-template.ts";

/** As the config has it. */
export interface TableRules {
  readonly key: readonly string[];
  readonly text: string;
  readonly metadata: readonly string[];
  readonly tenant?: TenantRule | undefined;
  readonly permissions?: PermissionsRule | undefined;
  readonly archived?: RowCondition | undefined;
  readonly where?: RowCondition | undefined;
}

export interface TableMapping {
  /** `public.products` */
  readonly table: string;
  readonly key: readonly string[];
  readonly template: TextTemplate;
  readonly metadata: readonly string[];
  readonly tenant: TenantRule;
  readonly permissions: PermissionsRule;
  readonly archived: RowCondition | null;
  readonly where: RowCondition | null;
  /** Every column that decides anything, once. A change in others changes nothing. */
  readonly columns: readonly string[];
}

/** What a table does that says nothing of its own. */
export interface TableDefaults {
  readonly tenant: string;
  readonly permissions: PermissionsRule;
}

export function tableMapping(
  table: string,
  rules: TableRules,
  defaults: TableDefaults,
): TableMapping {
  const template = parseTemplate(rules.text);
  const tenant = rules.tenant ?? { kind: "named", tenant: defaults.tenant };
  const permissions = rules.permissions ?? defaults.permissions;
  const { archived = null, key, metadata, where = null } = rules;
  const columns = new Set([...key, ...template.columns, ...metadata]);
  for (const rule of [tenant, permissions]) if (rule.kind === "column") columns.add(rule.column);
  for (const condition of [archived, where]) if (condition) columns.add(condition.column);
  return {
    table,
    key,
    template,
    metadata,
    tenant,
    permissions,
    archived,
    where,
    columns: [...columns],
  };
}

/** The mappings of a source by table. */
export function tableMappings(
  tables: Readonly<Record<string, TableRules>>,
  defaults: TableDefaults,
): ReadonlyMap<string, TableMapping> {
  return new Map(
    Object.entries(tables).map(([table, rules]) => [table, tableMapping(table, rules, defaults)]),
  );
}
