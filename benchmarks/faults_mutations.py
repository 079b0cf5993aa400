"""Valid files, mutated by a seeded stream: anywhere, or past what their format checks first.

A `Form` knows how a file of its kind is opened up, changed within, and closed again with sums and
lengths that are right, so that what reads it has to look at what it says.
"""

from __future__ import annotations

import ast
import copy
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from dcgan_eval.core import digest_json

Rng = np.random.Generator
Mutation = Callable[[Rng, bytes], bytes]

_LENGTHS = (1, 1, 2, 4, 8, 64)
_EXTREME = (b"\0", b"\xff", b"\x7f", b"\x80", b"9", b"[")
# What nobody expects to find in place of a number, a text, a list.
_ODD_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 1 << 31, 1 << 63, 1 << 70, 1e308, 0.5, float("nan"), float("inf"), ""),
    *("a", "\ud800", "x" * 5000, "\x1b[31m", "=1+1", "../../etc", [], {}, [[[]]], {"a": None}),
    *([1] * 1000, ["a", 2, None], {"": {"": {}}}),
)
_ODD_WORDS = (
    *("-1", "0", "1e999", "1e-999", "nan", "-inf", "9" * 30, "9" * 5000, "null", "true", "''", '"'),
    *("[" * 3000, "{a: 1}", "- ", ": ", "&a", "*a", "!!python/none", "x" * 5000, "\ufeff", "é"),
    *("\0", "\x85", "\r", "0x10", "1_000", "007", "~", "<<", "%", "@", "`", "|", ">", "?", "--- "),
)
_ODD_TYPES = (
    "<f8",
    "<f2",
    ">i4",
    "|b1",
    "|O",
    "<U9",
    "<U999999999",
    "|S4",
    "<c16",
    "|V8",
    "<M8[D]",
)
_ODD_SIDES = (-1, 0, 1, 2, 7, 1 << 31, 1 << 62, 1 << 63, True)


@dataclass(frozen=True)
class Form:
    """A kind of file.

    Attributes
    ----------
    within
        Changes what lies past the header.
    opens
        What its format's own library does first with a file; raises where it ends there.
    """

    within: Mutation
    opens: Callable[[bytes], object]


def one_of(rng: Rng, choices: Any) -> Any:
    """One of several."""
    return choices[int(rng.integers(len(choices)))]


def anywhere(rng: Rng, content: bytes) -> bytes:
    """Change, take out, put in or repeat up to three runs of bytes, or cut the end off."""
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        at, length = int(rng.integers(len(changed) + 1)), one_of(rng, _LENGTHS)
        run = changed[at : at + length]
        how = int(rng.integers(12))
        if how < 4:
            changed[at : at + length] = bytes(one ^ 1 << int(rng.integers(8)) for one in run)
        elif how < 6:
            changed[at : at + length] = one_of(rng, _EXTREME) * len(run)
        elif how < 8:
            changed[at : at + length] = rng.bytes(len(run))
        elif how == 8:
            del changed[at : at + length]
        elif how == 9:
            changed[at:at] = rng.bytes(length)
        elif how == 10:
            changed[at:at] = run * int(rng.integers(1, 9))
        else:
            del changed[at:]
    return bytes(changed)


def behind(header: int, within: Mutation = anywhere) -> Mutation:
    """Change what stands behind so many bytes."""
    return lambda rng, content: content[:header] + within(rng, content[header:])


def in_json(rng: Rng, content: bytes) -> bytes:
    """Change up to three values of a JSON text, each at a random place of the tree."""
    root = {"root": json.loads(content)}
    for _ in range(int(rng.integers(1, 4))):
        node, key = root, "root"
        while isinstance(node[key], dict | list) and node[key] and rng.random() < 0.85:
            node = node[key]
            key = one_of(rng, list(node) if isinstance(node, dict) else range(len(node)))
        how = int(rng.integers(8))
        if how == 0 and node is not root:
            del node[key]
        elif how == 1 and isinstance(node, dict):
            node["other"] = copy.deepcopy(node[key])
        elif how == 2 and isinstance(node[key], list):
            node[key] = node[key] * 2
        elif how == 3:
            node[key] = [node[key]]
        else:
            node[key] = copy.deepcopy(one_of(rng, _ODD_VALUES))
    return json.dumps(root["root"]).encode()


def in_record(rng: Rng, content: bytes) -> bytes:
    """A record's values, and the digest that its outcome then has."""
    changed = json.loads(in_json(rng, content))
    try:
        changed["digests"]["outcome"] = digest_json(changed["outcome"])
    except (ValueError, TypeError, LookupError):
        return json.dumps(changed).encode()  # such an outcome has no digest
    return json.dumps(changed).encode()


def in_text(rng: Rng, content: bytes) -> bytes:
    """Change up to three words of a text, or one of its lines."""
    words = re.split(r"(\W+)", content.decode())
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(len(words)))
        how = int(rng.integers(6))
        if how == 0:
            words[at] = ""
        elif how == 1:
            words[at] = words[at] * 2
        elif how == 2:
            words[at] = one_of(rng, words)
        else:
            words[at] = one_of(rng, _ODD_WORDS)
    lines = "".join(words).split("\n")
    if rng.random() < 0.2:
        lines.insert(int(rng.integers(len(lines))), one_of(rng, lines))
    return "\n".join(lines).encode(errors="surrogatepass")


def in_npy(rng: Rng, content: bytes) -> bytes:
    """What a .npy says of its shape, order or type; or its data."""
    begin = {1: 10, 2: 12}[content[6]]
    size = int.from_bytes(content[8:begin], "little")
    data = content[begin + size :]
    said = ast.literal_eval(content[begin : begin + size].decode())
    how = int(rng.integers(5))
    if how == 2 and not said["shape"]:
        how = 3
    if how == 0:
        said["descr"] = one_of(rng, _ODD_TYPES)
    elif how == 1:
        said["fortran_order"] = one_of(rng, (True, 1, None))
    elif how == 2:
        sides = list(said["shape"])
        sides[int(rng.integers(len(sides))) : len(sides)] = [one_of(rng, _ODD_SIDES)]
        said["shape"] = tuple(sides)
    elif how == 3:
        said["shape"] = one_of(rng, ((), (1, *said["shape"]), said["shape"][::-1], [3], None))
    else:
        return content[: begin + size] + anywhere(rng, data)
    text = repr(said).encode() + b"\n"
    return content[:8] + len(text).to_bytes(begin - 8, "little") + text + data


def in_zip(rng: Rng, content: bytes) -> bytes:
    """One entry of an archive, whose sum and sizes are those of what it then is."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = [(entry, archive.read(entry)) for entry in archive.infolist()]
    at, written = int(rng.integers(len(entries))), io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for number, (entry, data) in enumerate(entries):
            if number == at:
                data = (in_npy if data[:6] == b"\x93NUMPY" else anywhere)(rng, data)
            if number != at or rng.random() > 0.05:  # or it is left out
                archive.writestr(entry.filename, data, entry.compress_type)
    return written.getvalue()


def in_safetensors(rng: Rng, content: bytes) -> bytes:
    """What the header says of tensors or of the network, or the numbers."""
    size = int.from_bytes(content[:8], "little")
    header, data = content[8 : 8 + size], content[8 + size :]
    how = int(rng.integers(3))
    said = json.loads(header)
    texts = said.get("__metadata__", {})
    if how == 0:
        return content[: 8 + size] + anywhere(rng, data)
    if how == 1 and texts:
        name = one_of(rng, list(texts))
        texts[name] = in_json(rng, texts[name].encode()).decode()
        header = json.dumps(said).encode()
    else:
        header = in_json(rng, header)
    return len(header).to_bytes(8, "little") + header + data


def in_parquet(rng: Rng, content: bytes) -> bytes:
    """The pages; the footer stays."""
    footer = int.from_bytes(content[-8:-4], "little") + 8
    return content[:4] + anywhere(rng, content[4:-footer]) + content[-footer:]


def in_png(rng: Rng, content: bytes) -> bytes:
    """A chunk, whose sum is that of what it then is."""
    chunks, at = [], 8
    while at < len(content):
        (size,) = struct.unpack(">I", content[at : at + 4])
        chunks.append(content[at + 4 : at + 8 + size])
        at += 12 + size
    number = int(rng.integers(len(chunks)))
    chunks[number] = chunks[number][:4] + anywhere(rng, chunks[number][4:])
    written = [
        struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one)) for one in chunks
    ]
    return content[:8] + b"".join(written)


def in_mat(rng: Rng, content: bytes) -> bytes:
    """A compressed variable."""
    elements, at = [], 128
    while at < len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        elements.append(zlib.decompress(content[at + 8 : at + 8 + size]))
        at += 8 + size
    number = int(rng.integers(len(elements)))
    elements[number] = anywhere(rng, elements[number])
    packed = [zlib.compress(one) for one in elements]
    return content[:128] + b"".join(struct.pack("<II", 15, len(one)) + one for one in packed)


def begins(start: bytes, at: int = 0) -> Callable[[bytes], object]:
    """What opens a file of which so much is checked first."""

    def check(content: bytes) -> None:
        if content[at : at + len(start)] != start:
            raise ValueError("begins otherwise")

    return check


def _image(content: bytes) -> None:
    with Image.open(io.BytesIO(content)) as image:
        image.size  # noqa: B018


def _zip(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.infolist()


def _safetensors(content: bytes) -> None:
    json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])


JSON, RECORD = Form(in_json, json.loads), Form(in_record, json.loads)
TEXT = Form(in_text, bytes.decode)
NPY = Form(in_npy, begins(b"\x93NUMPY"))
ZIP = Form(in_zip, _zip)
SAFETENSORS = Form(in_safetensors, _safetensors)
PARQUET = Form(in_parquet, lambda content: pq.ParquetFile(io.BytesIO(content)))
PNG, PICTURE = Form(in_png, _image), Form(behind(64), _image)
MAT, PACKED_MAT = (Form(one, begins(b"\x00\x01IM", 124)) for one in (behind(128), in_mat))
PICKLE = Form(behind(2), begins(b"\x80\x02"))
IDX = Form(behind(4), begins(b"\0\0\x08"))
BYTES = Form(anywhere, len)
