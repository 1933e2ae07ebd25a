"""The corpus through CocoIndex, as its documentation has it: files, splitter, embedder, SQLite.

Arguments: folder, scratch directory, model file, tokenizer file, chunk size. Prints one JSON object a
line; each line on standard input asks for another update.
"""

import asyncio
import json
import os
import pathlib
import sys
import time
from dataclasses import dataclass
from typing import Annotated, AsyncIterator

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

import cocoindex as coco
from cocoindex.connectors import localfs, sqlite
from cocoindex.ops.text import RecursiveSplitter
from cocoindex.resources.file import FileLike, PatternFilePathMatcher
from cocoindex.resources.id import IdGenerator
from cocoindex.resources.schema import VectorSchema

folder, scratch, model_file, tokenizer_file, chunk_size = sys.argv[1:6]
TABLE = "chunks"
DIMENSION = 384
TOKENS_MAX = 256
BATCH_MAX = 64

def has_vec() -> bool:
    import sqlite3

    if not hasattr(sqlite3.Connection, "enable_load_extension"):
        return False
    try:
        import sqlite_vec  # noqa: F401
    except ImportError:
        return False
    return True


HAS_VEC = has_vec()
tokenizer = Tokenizer.from_file(tokenizer_file)
tokenizer.no_padding()
tokenizer.enable_truncation(TOKENS_MAX)
session = onnxruntime.InferenceSession(model_file, providers=["CPUExecutionProvider"])
splitter = RecursiveSplitter()
counts = {"texts": 0, "tokens": 0}


def vector_of(text: str) -> NDArray[np.float32]:
    ids = np.array([tokenizer.encode(text).ids], dtype=np.int64)
    counts["texts"] += 1
    counts["tokens"] += ids.size
    inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    return session.run(["embedding"], inputs)[0][0]


# As the embedders that come with it do: single texts, grouped by the engine. Within a group each
# text is run by itself, which is fastest with this model: nothing is padded.
@coco.fn.as_async(batching=True, max_batch_size=BATCH_MAX)
def embed_batch(texts: list[str]) -> list[NDArray[np.float32]]:
    return [vector_of(text) for text in texts]


@coco.fn(memo=True, version=1)
async def embed(text: str) -> NDArray[np.float32]:
    return await embed_batch(text)


SCHEMA = VectorSchema(dtype=np.dtype(np.float32), size=DIMENSION)
DATABASE = coco.ContextKey[sqlite.ManagedConnection]("database")


@dataclass
class VectorRow:
    id: int
    path: str
    text: str
    embedding: Annotated[NDArray[np.float32], SCHEMA]


@dataclass
class BytesRow:
    id: int
    path: str
    text: str
    embedding: bytes


@coco.lifespan
async def lifespan(builder: coco.EnvironmentBuilder) -> AsyncIterator[None]:
    builder.settings.db_path = pathlib.Path(scratch) / "state.db"
    path = pathlib.Path(scratch) / "index.sqlite"
    builder.provide_with(DATABASE, sqlite.managed_connection(path, load_vec=HAS_VEC))
    yield


@coco.fn
async def process_chunk(text: str, path: str, ids: IdGenerator, table: sqlite.TableTarget) -> None:
    vector = await embed(text)
    id = await ids.next_id(text)
    if HAS_VEC:
        table.declare_row(row=VectorRow(id=id, path=path, text=text, embedding=vector))
    else:
        table.declare_row(row=BytesRow(id=id, path=path, text=text, embedding=vector.tobytes()))


@coco.fn(memo=True)
async def process_file(file: FileLike, table: sqlite.TableTarget) -> None:
    text = await file.read_text()
    path = str(file.file_path.path)
    chunks = splitter.split(text, chunk_size=int(chunk_size), language="markdown")
    ids = IdGenerator()
    await coco.map(process_chunk, [chunk.text for chunk in chunks], path, ids, table)


@coco.fn
async def main(source: pathlib.Path) -> None:
    schema = await sqlite.TableSchema.from_class(VectorRow if HAS_VEC else BytesRow, primary_key=["id"])
    vec0 = sqlite.Vec0TableDef(auxiliary_columns=["path", "text"]) if HAS_VEC else None
    table = await sqlite.mount_table_target(DATABASE, TABLE, schema, virtual_table_def=vec0)
    matcher = PatternFilePathMatcher(included_patterns=["**/*.md"])
    files = localfs.walk_dir(source, recursive=True, path_matcher=matcher)
    await coco.mount_each(process_file, files.items(), table)


def rows() -> int:
    path = pathlib.Path(scratch) / "index.sqlite"
    with sqlite.managed_connection(path, load_vec=HAS_VEC) as database:
        with database.readonly() as connection:
            return connection.execute(f"select count(*) from {TABLE}").fetchone()[0]


def say(**fields: object) -> None:
    print(json.dumps(fields), flush=True)


app = coco.App("bench", main, source=pathlib.Path(folder))
vector_of("warm")
say(
    event="ready",
    versions=f"CocoIndex {__import__('importlib.metadata').metadata.version('cocoindex')}, "
    f"onnxruntime {onnxruntime.__version__}, Python {sys.version.split()[0]}",
    store="SQLite with sqlite-vec" if HAS_VEC else "SQLite, vectors as blobs",
)


async def run() -> None:
    loop = asyncio.get_running_loop()
    while True:
        counts.update(texts=0, tokens=0)
        began = time.perf_counter()
        await app.update()
        took = (time.perf_counter() - began) * 1000
        say(event="indexed", ms=took, stored=rows(), **counts)
        if not await loop.run_in_executor(None, sys.stdin.readline):
            return


asyncio.run(run())
sys.stdout.flush()
os._exit(0)
