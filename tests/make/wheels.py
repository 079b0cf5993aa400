"""Wheels made by hand: packages of other people, without build tools and without a network."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path


def wheel_of_folder(folder: Path, into: Path) -> Path:
    """Wheel of a project with a pyproject.toml and one package of plain Python files."""
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    files = {
        path.relative_to(folder).as_posix(): path.read_text() for path in folder.glob("*/*.py")
    }
    return make_wheel(project["name"], project["version"], files, project["entry-points"], into)


def make_wheel(
    name: str,
    version: str,
    files: Mapping[str, str],
    entry_points: Mapping[str, Mapping[str, str]],
    into: Path,
) -> Path:
    """Wheel of some files, by https://packaging.python.org/specifications/binary-distribution-format."""
    stem = f"{name.replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    points = "".join(
        f"[{group}]\n" + "".join(f"{point} = {value}\n" for point, value in members.items())
        for group, members in entry_points.items()
    )
    contents = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        f"{info}/entry_points.txt": points,
    }
    record = "".join(f"{path},{_digest(text)}\n" for path, text in contents.items())
    contents[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    wheel = into / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in contents.items():
            archive.writestr(path, text)
    return wheel


def _digest(text: str) -> str:
    """Hash and size as RECORD has them."""
    data = text.encode()
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
    return f"sha256={digest},{len(data)}"


def install(wheel: Path, into: Path) -> Path:
    """Install a wheel into a folder of its own by pip."""
    options = ["--no-index", "--no-deps", "--no-compile", "--disable-pip-version-check", "--quiet"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", into, wheel], check=True
    )
    return into
