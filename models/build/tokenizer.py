#!/usr/bin/env python3
"""Writes the shipped tokenizer.json: the published one without its fixed truncation and padding.

    python tokenizer.py --model DIRECTORY --out tokenizer.json
"""

import argparse
from pathlib import Path

from tokenizers import Tokenizer


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True, type=Path, help="has tokenizer.json")
    parser.add_argument("--out", required=True, type=Path, help="the file to write")
    arguments = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(arguments.model / "tokenizer.json"))
    # Published: cut at 128 and pad to 128, though the model reads 256.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.save(str(arguments.out), pretty=False)


if __name__ == "__main__":
    main()
