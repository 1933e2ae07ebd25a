import { configSchema, configVersion, type Config } from "./schema/config-schema.ts";

/**
 * The config of `tidemark dev [path]` without a file: one watched folder that everybody may read,
 * and a source `app` that documents can be pushed to.
 * Throws when the name is not a source's name.
 */
export function defaultConfig({
  folderPath,
  name = "files",
}: {
  readonly folderPath: string;
  readonly name?: string;
}): Config {
  return configSchema.parse({
    version: configVersion,
    embedders: { minilm: { kind: "onnx" } },
    sources: {
      [name]: { kind: "folder", path: folderPath, tenant: "*", permissions: "public" },
      app: { kind: "push", tenant: "*", permissions: "public" },
    },
  });
}
