#!/usr/bin/env python3
"""Prints libs/onnx/src/character-classes.ts: how the reference tokenizer sees every character.

    python character_classes.py > ../../libs/onnx/src/character-classes.ts

The reference was compiled with the tables of an old Unicode, which no language's own tables match;
asking it about each character is the only exact source.
"""

import sys

from tokenizers import normalizers, pre_tokenizers

SURROGATES = range(0xD800, 0xE000)
LINE_LENGTH = 96

HEADER = '''/**
 * Characters that the reference tokenizer drops, strips or splits at, as inclusive ranges of code
 * points in base 16. Printed by models/build/character_classes.py: do not edit.
 */
'''


def normalizer(**chosen):
    names = ("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
    return normalizers.BertNormalizer(**{name: chosen.get(name, False) for name in names})


def main():
    clean = normalizer(clean_text=True)
    chinese = normalizer(handle_chinese_chars=True)
    accents = normalizer(strip_accents=True)
    split = pre_tokenizers.BertPreTokenizer()
    classes = {"dropped": [], "spaces": [], "chinese": [], "accents": [], "punctuation": []}
    for code in range(sys.maxunicode + 1):
        if code in SURROGATES:
            continue
        character = chr(code)
        cleaned = clean.normalize_str(character)
        if cleaned == "":
            classes["dropped"].append(code)
        elif cleaned == " ":
            classes["spaces"].append(code)
        elif chinese.normalize_str(character) != character:
            classes["chinese"].append(code)
        elif accents.normalize_str(character) == "":
            classes["accents"].append(code)
        elif len(split.pre_tokenize_str(f"a{character}a")) == 3:
            classes["punctuation"].append(code)
    print(HEADER + "\n\n".join(constant(*each) for each in classes.items()))


def constant(name, codes):
    lines, line = [], ""
    for first, last in ranges(codes):
        word = f"{first:x}" if first == last else f"{first:x}-{last:x}"
        if len(line) + len(word) > LINE_LENGTH:
            lines.append(line)
            line = ""
        line += word + " "
    lines.append(line)
    return f"export const {name} = `\n" + "\n".join(each.rstrip() for each in lines) + "\n`;"


def ranges(codes):
    found = []
    for code in codes:
        if found and found[-1][1] == code - 1:
            found[-1] = (found[-1][0], code)
        else:
            found.append((code, code))
    return found


if __name__ == "__main__":
    main()
