/** A copy of the working tree that can be damaged: its packages import each other, not the originals. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

const copied = ["libs", "services", "test", "jest.config.js", "jest.strip.js", "package.json"];
const linked = ["models", "examples"];
const ownScope = "@tidemark";

export class TreeCopy implements Disposable {
  readonly root: string;

  constructor(original: string) {
    this.root = mkdtempSync(join(tmpdir(), "tidemark-fences-"));
    const isOwn = (path: string) => basename(path) !== "node_modules";
    for (const name of copied) {
      cpSync(join(original, name), join(this.root, name), { recursive: true, filter: isOwn });
    }
    for (const name of linked) {
      const path = join(original, name);
      if (existsSync(path)) symlinkSync(path, join(this.root, name));
    }
    this.#linkModules(join(original, "node_modules"), join(this.root, "node_modules"));
    for (const folder of ["libs", "services"]) {
      for (const name of readdirSync(join(original, folder))) {
        const nested = join(folder, name, "node_modules");
        const path = join(original, nested);
        if (existsSync(path)) symlinkSync(path, join(this.root, nested));
      }
    }
  }

  read(file: string): string {
    return readFileSync(join(this.root, file), "utf8");
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.root, file), text);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #linkModules(from: string, to: string): void {
    mkdirSync(to);
    for (const name of readdirSync(from)) {
      if (name !== ownScope) symlinkSync(join(from, name), join(to, name));
    }
    mkdirSync(join(to, ownScope));
    for (const folder of ["libs", "services"]) {
      for (const home of readdirSync(join(this.root, folder))) {
        const manifest = join(this.root, folder, home, "package.json");
        if (!existsSync(manifest)) continue;
        const { name } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly name: string };
        const link = join(to, name);
        mkdirSync(dirname(link), { recursive: true });
        if (name.startsWith(`${ownScope}/`)) symlinkSync(join(this.root, folder, home), link);
      }
    }
  }
}
