"""Wheels, without a network: of other people's packages by hand, of ours as it is published."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


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
    _pip("install", "--no-compile", "--target", into, wheel)
    return into


def wheel_of_ours(into: Path) -> Path:
    """Our own wheel, built by the build tools from a copy: the repository is left as it is."""
    copy = into / "source"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, copy)
    shutil.copytree(
        REPOSITORY / "dcgan_eval", copy / "dcgan_eval", ignore=shutil.ignore_patterns("__pycache__")
    )
    _pip("wheel", "--no-build-isolation", "--wheel-dir", into, copy)
    (wheel,) = into.glob("*.whl")
    return wheel


def environment_with(wheel: Path, folder: Path) -> Path:
    """Make an environment that has a wheel and what it depends on; its folder of commands.

    Dependencies are those of this Python, found by a path: packages that were installed there
    from a source folder are not.
    """
    venv.create(folder, with_pip=False)
    commands = Path(sysconfig.get_path("scripts", "venv", {"base": str(folder)}))
    _pip("--python", commands / "python", "install", "--no-compile", wheel)
    paths = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", "venv", paths))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return commands


def _pip(*arguments: str | Path) -> None:
    """Call pip without a network and without dependencies."""
    options = ["--no-index", "--no-deps", "--disable-pip-version-check", "--quiet"]
    at = next(i for i, word in enumerate(arguments) if word in ("install", "wheel")) + 1
    words = [*arguments[:at], *options, *arguments[at:]]
    subprocess.run([sys.executable, "-m", "pip", *words], check=True)
