/** Configs of the processes that are measured: everybody may read everything, unless said. */

export function folderSource(path: string, more: object = {}): object {
  return { kind: "folder", path, tenant: "*", permissions: "public", ...more };
}

export const pushSource = { kind: "push", tenant: "*", permissions: "public" };
