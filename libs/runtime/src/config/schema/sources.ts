import { z } from "zod";
import { section, named } from "../structure.ts";
import {
  defaultHold,
  defaultWindow,
  holdOf,
  holdSchema,
  whenLateSchema,
  windowOf,
  windowSchema,
} from "./pace.ts";
import type { HoldConfig, WindowConfig } from "./pace.ts";
import { permissionsSchema, type PermissionsConfig } from "./policy.ts";
import { debeziumSourceSchema } from "./source-debezium.ts";
import { folderSourceSchema } from "./source-folder.ts";
import { postgresSourceSchema } from "./source-postgres.ts";
import { pushSourceSchema } from "./source-push.ts";
import { s3SourceSchema } from "./source-s3.ts";

export const defaultsSchema = section({
  window: windowSchema.optional(),
  hold: holdSchema.optional(),
  permissions: permissionsSchema.prefault("deny"),
  whenRestrictionsLate: whenLateSchema.prefault("serve"),
})
  .transform(({ window, hold, permissions, whenRestrictionsLate }) => ({
    window: windowOf(window, defaultWindow),
    hold: holdOf(hold, defaultHold),
    permissions,
    whenRestrictionsLate,
  }))
  .meta({ description: "What every source does unless it says otherwise" });

export type DefaultsConfig = z.output<typeof defaultsSchema>;

export const sourceSchema = z.discriminatedUnion("kind", [
  folderSourceSchema,
  pushSourceSchema,
  s3SourceSchema,
  postgresSourceSchema,
  debeziumSourceSchema,
]);

export const sourcesSchema = named(sourceSchema, "handbook").meta({
  description: "Where documents come from, by name; a document's id is `<source>/<key>`",
});

type Written = z.output<typeof sourceSchema>;

/** What a source has once the defaults are filled in. */
type Complete<Source> = Source extends { readonly permissions?: infer Permissions }
  ? Omit<Source, "window" | "hold" | "permissions" | "whenRestrictionsLate"> & {
      readonly name: string;
      readonly window: WindowConfig;
      readonly hold: HoldConfig;
      readonly whenRestrictionsLate: "serve" | "refuse";
      readonly permissions: Exclude<Permissions, undefined> | PermissionsConfig;
    }
  : never;

export type SourceConfig = Complete<Written>;
export type FolderSourceConfig = Extract<SourceConfig, { readonly kind: "folder" }>;
export type PushSourceConfig = Extract<SourceConfig, { readonly kind: "push" }>;
export type S3SourceConfig = Extract<SourceConfig, { readonly kind: "s3" }>;
export type PostgresSourceConfig = Extract<SourceConfig, { readonly kind: "postgres" }>;
export type DebeziumSourceConfig = Extract<SourceConfig, { readonly kind: "debezium" }>;

export function completeSource(
  name: string,
  source: Written,
  defaults: DefaultsConfig,
): SourceConfig {
  return {
    ...source,
    name,
    window: windowOf(source.window, defaults.window),
    hold: holdOf(source.hold, defaults.hold),
    permissions: source.permissions ?? defaults.permissions,
    whenRestrictionsLate: source.whenRestrictionsLate ?? defaults.whenRestrictionsLate,
  } as SourceConfig;
}
