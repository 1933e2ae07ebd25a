/** What a WordPiece tokenizer needs of a `tokenizer.json`. */
export interface WordPieceModel {
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Written before a piece that does not begin a word. */
  readonly continuingPrefix: string;
  /** A word of more code points is unknown as a whole. */
  readonly wordLengthMax: number;
  readonly unknownId: number;
  readonly firstId: number;
  readonly lastId: number;
  /** Texts that are one token wherever they occur, such as `[MASK]`. */
  readonly specials: ReadonlyMap<string, number>;
}

interface TokenizerFile {
  readonly truncation?: unknown;
  readonly padding?: unknown;
  readonly added_tokens?: readonly {
    readonly id: number;
    readonly content: string;
    readonly normalized: boolean;
    readonly single_word: boolean;
    readonly lstrip: boolean;
    readonly rstrip: boolean;
  }[];
  readonly normalizer?: {
    readonly type: string;
    readonly clean_text: boolean;
    readonly handle_chinese_chars: boolean;
    readonly strip_accents: boolean | null;
    readonly lowercase: boolean;
  };
  readonly pre_tokenizer?: { readonly type: string };
  readonly post_processor?: {
    readonly type: string;
    readonly single?: readonly Readonly<Record<string, { readonly id: string } | undefined>>[];
  };
  readonly model?: {
    readonly type: string;
    readonly unk_token: string;
    readonly continuing_subword_prefix: string;
    readonly max_input_chars_per_word: number;
    readonly vocab: Readonly<Record<string, number>>;
  };
}

/**
 * Reads a `tokenizer.json` as the tokenizers library writes it.
 *
 * Throws for anything but an uncased BERT: another form would be tokenized wrongly, in silence.
 */
export function parseTokenizerFile(text: string): WordPieceModel {
  const file = JSON.parse(text) as TokenizerFile;
  const { model, normalizer } = file;
  demand(model?.type === "WordPiece", "model is not WordPiece");
  demand(
    normalizer?.type === "BertNormalizer" &&
      normalizer.clean_text &&
      normalizer.handle_chinese_chars &&
      normalizer.lowercase &&
      normalizer.strip_accents !== false,
    "normalizer is not that of an uncased BERT",
  );
  demand(file.pre_tokenizer?.type === "BertPreTokenizer", "pre_tokenizer is not BERT's");
  // Some published files cut and pad at a length below the model's own.
  demand((file.truncation ?? null) === null, "truncation is set; the model's own limit holds");
  demand((file.padding ?? null) === null, "padding is set; nothing is padded");
  const [first, text_, last, ...rest] = file.post_processor?.single ?? [];
  const around = [first?.["SpecialToken"]?.id, last?.["SpecialToken"]?.id];
  demand(text_?.["Sequence"] !== undefined && rest.length === 0, "post_processor is not BERT's");

  const vocabulary = new Map(Object.entries(model.vocab));
  const idOf = (token: string | undefined): number => {
    const id = vocabulary.get(token ?? "");
    demand(id !== undefined, `${token ?? "a special token"} is not in the vocabulary`);
    return id;
  };
  const added = file.added_tokens ?? [];
  for (const token of added) {
    const plain = !token.normalized && !token.single_word && !token.lstrip && !token.rstrip;
    demand(plain && token.content !== "", `added token ${token.content} has options`);
  }
  return {
    vocabulary,
    continuingPrefix: model.continuing_subword_prefix,
    wordLengthMax: model.max_input_chars_per_word,
    unknownId: idOf(model.unk_token),
    firstId: idOf(around[0]),
    lastId: idOf(around[1]),
    specials: new Map(added.map((token) => [token.content, token.id])),
  };
}

function demand(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new Error(`tokenizer.json: ${problem}`);
}
