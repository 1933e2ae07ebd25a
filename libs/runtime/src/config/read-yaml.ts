/** One YAML text → a located tree, with every fault of the YAML itself. Bounds have names. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type ErrorCode,
  type Node,
  type YAMLError,
} from "yaml";
import type { Located, LocatedEntry, Scalar } from "./located.ts";
import type { Place, Problem } from "./problems.ts";

export const fileSizeBytesMax = 1024 ** 2;
export const nodeCountMax = 50_000;
export const depthMax = 32;
export const aliasCountMax = 64;

type Report = (offset: number, refusal: Pick<Problem, "what" | "why" | "fix">) => void;

/** Reads a file's text. The tree is absent when the YAML is too broken to go on. */
export function readYaml(file: { readonly name: string; readonly text: string }): {
  readonly tree: Located | undefined;
  readonly problems: readonly Problem[];
} {
  const lines = new LineCounter();
  const problems: Problem[] = [];
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file: file.name, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const report: Report = (offset, refusal) =>
    problems.push({ ...placeAt(offset), path: "", severity: "error", ...refusal });

  if (Buffer.byteLength(file.text) > fileSizeBytesMax) {
    report(0, {
      what: "the file is too large",
      why: `at most ${fileSizeBytesMax} bytes are read`,
      fix: "check that this is the config file",
    });
    return { tree: undefined, problems };
  }
  const documents = parse(file.text, lines, report);
  const [document, second] = documents;
  if (second) {
    report(second.range[0], {
      what: "a second document begins here",
      why: "one file holds one document",
      fix: "move it to a file of its own and give both: --config a.yaml --config b.yaml",
    });
  }
  const faults = document ? [...document.errors, ...document.warnings] : [];
  for (const fault of faults) report(fault.pos[0], explainYaml(fault));
  if (faults.length > 0 || second) return { tree: undefined, problems };
  const tree = document && new TreeBuilder(document, placeAt, report).build();
  return { tree: problems.length > 0 ? undefined : tree, problems };
}

function parse(text: string, lines: LineCounter, report: Report): readonly Document.Parsed[] {
  try {
    const parsed = parseAllDocuments(text, {
      lineCounter: lines,
      prettyErrors: false,
      version: "1.2",
      schema: "core",
      merge: false,
      logLevel: "silent",
    });
    return "empty" in parsed ? [] : parsed;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    report(0, tooDeep);
    return [];
  }
}

const tooDeep = {
  what: "the nesting is too deep",
  why: `at most ${depthMax} levels are read`,
  fix: "close what was opened by mistake",
};

type Said = Pick<Problem, "what" | "why" | "fix">;

const misaligned = {
  why: "the YAML cannot be read",
  fix: "close what is open, or align it with the keys beside it",
};

/** Faults of YAML in the words of the person who wrote it; others keep the parser's words. */
const faultsTold: Partial<Record<ErrorCode, Partial<Said>>> = {
  DUPLICATE_KEY: {
    what: "the key stands here twice",
    why: "one of the two values would be lost",
    fix: "keep one of them",
  },
  TAB_AS_INDENT: {
    what: "a tab indents this line",
    why: "YAML indents with spaces alone",
    fix: "replace the tab by spaces",
  },
  BAD_INDENT: misaligned,
  BLOCK_AS_IMPLICIT_KEY: misaligned,
  MULTILINE_IMPLICIT_KEY: misaligned,
  BAD_SCALAR_START: {
    why: "the character has a meaning in YAML",
    fix: "put the value in quotes",
  },
  MISSING_CHAR: { fix: "close the quote or bracket, or put a space after the colon" },
  TAG_RESOLVE_FAILED: {
    why: "tags are not read",
    fix: "write the value without a tag, or in quotes",
  },
  RESOURCE_EXHAUSTION: tooDeep,
};

function explainYaml(fault: YAMLError): Said {
  return {
    what: fault.message.split("\n")[0] ?? fault.message,
    why: "the YAML cannot be read",
    fix: "check quotes, brackets and indentation",
    ...faultsTold[fault.code],
  };
}

class TreeBuilder {
  readonly #document: Document.Parsed;
  readonly #placeAt: (offset: number) => Place;
  readonly #report: Report;
  #nodeCount = 0;
  #aliasCount = 0;
  #full = false;

  constructor(document: Document.Parsed, placeAt: (offset: number) => Place, report: Report) {
    this.#document = document;
    this.#placeAt = placeAt;
    this.#report = report;
  }

  build(): Located {
    return this.#read(this.#document.contents, this.#document.range[0], 0);
  }

  /** `offset` is where an empty value would stand. */
  #read(node: Node | null, offset: number, depth: number): Located {
    const start = node?.range?.[0] ?? offset;
    const at = this.#placeAt(start);
    if (this.#isFull(start, depth)) return { kind: "scalar", at, value: null };
    if (isAlias(node)) {
      this.#aliasCount += 1;
      const target = node.resolve(this.#document);
      // Values from an anchor are located where the alias stands.
      return target === undefined
        ? { kind: "scalar", at, value: null }
        : this.#readAt(target, at, depth);
    }
    if (isMap(node)) {
      const entries = new Map<string, LocatedEntry>();
      for (const { key, value } of node.items) {
        const keyNode = key as Node;
        const keyStart = keyNode.range?.[0] ?? start;
        const name = this.#keyName(keyNode, keyStart);
        if (name === undefined) continue;
        entries.set(name, {
          keyAt: this.#placeAt(keyStart),
          value: this.#read(value as Node | null, keyStart, depth + 1),
        });
      }
      return { kind: "map", at, entries };
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => this.#read(item as Node | null, start, depth + 1));
      return { kind: "list", at, items };
    }
    return { kind: "scalar", at, value: this.#scalar(node, start) };
  }

  #readAt(node: Node, at: Place, depth: number): Located {
    const located = this.#read(node, 0, depth);
    return { ...located, at };
  }

  #scalar(node: Node | null, start: number): Scalar {
    const value: unknown = isScalar(node) ? node.value : null;
    if (value === null || typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    this.#report(start, {
      what: "the value is not a text, a number, true or false",
      why: "nothing else can stand here",
      fix: "put the value in quotes",
    });
    return null;
  }

  #keyName(key: Node, start: number): string | undefined {
    if (isScalar(key) && typeof key.value === "string" && key.value !== "__proto__") {
      return key.value;
    }
    this.#report(start, {
      what: "the key is not a text",
      why: "keys are names",
      fix: "put the key in quotes, or check the brackets around it",
    });
    return undefined;
  }

  #isFull(start: number, depth: number): boolean {
    this.#nodeCount += 1;
    if (this.#full) return true;
    if (depth > depthMax) {
      this.#report(start, tooDeep);
    } else if (this.#nodeCount > nodeCountMax || this.#aliasCount > aliasCountMax) {
      this.#report(start, {
        what: "the file unfolds into too much",
        why: `at most ${nodeCountMax} values and ${aliasCountMax} aliases are read`,
        fix: "write the values out where they are used",
      });
    } else {
      return false;
    }
    this.#full = true;
    return true;
  }
}
