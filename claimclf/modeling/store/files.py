"""The files of a stored model: written whole or not at all, checked before they are read."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from claimclf.errors import ModelDamagedError
from claimclf.modeling.store.manifest import Manifest
from claimclf.modeling.stored import TRUSTED_TYPES

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from claimclf.modeling.stored.conformal import Conformal

MANIFEST, CARD = "manifest.json", "card.md"


def dump(part: Pipeline | Conformal, path: Path) -> None:
    """Write a fitted object that runs no code when it is read again."""
    from skops import io as skops_io

    skops_io.dump(part, path, compression=ZIP_DEFLATED, compresslevel=9)


def rebuilt(name: str, path: Path) -> Any:
    """Rebuild an object from a checked file that holds trusted types only.

    Raises
    ------
    ModelDamagedError
        It holds a type that is not on our list, or one whose home is not there.
    """
    from skops import io as skops_io  # takes long to import, and few pages load a model

    unknown = set(skops_io.get_untrusted_types(file=path)) - set(TRUSTED_TYPES)
    if unknown:
        raise damaged(name, f"it holds types that are not trusted: {sorted(unknown)}")
    return skops_io.load(path, trusted=list(TRUSTED_TYPES))


def check_types(name: str, path: Path) -> None:
    """Refuse a file that names something of ours which is not on our list, or not there.

    What it names of other packages goes with their versions (`check_libraries`), and is
    looked at whole when the file is loaded; this needs none of those packages.

    Raises
    ------
    ModelDamagedError
        It names such a type, or cannot be read.
    """
    try:
        with ZipFile(path) as archive:
            ours = set(_named(json.loads(archive.read("schema.json"))))
    except (BadZipFile, KeyError, ValueError) as error:
        raise damaged(name, f"{path.name} cannot be read") from error
    gone = [known for known in sorted(ours) if known not in TRUSTED_TYPES or not _is_there(known)]
    if gone:
        raise damaged(name, f"it names {', '.join(gone)}, which this version does not have")


def _named(part: Any) -> Iterator[str]:
    """Yield the dotted paths of our own that a file's description names."""
    if isinstance(part, dict):
        module = part.get("__module__")
        if isinstance(module, str) and module.split(".")[0] == "claimclf":
            yield f"{module}.{part.get('__class__')}"
    values = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    for value in values:
        yield from _named(value)


def _is_there(dotted: str) -> bool:
    module, _, name = dotted.rpartition(".")
    try:
        return hasattr(import_module(module), name)
    except ImportError:
        return False


def place(folder: Path, file: str, write: Callable[[Path], object]) -> str:
    """Write a file under the name of its content; return its sha256."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as place:
        path = Path(place) / file
        write(path)
        digest = sha256(path)
        path.replace(folder / placed_name(file, digest))
    return digest


def placed_name(file: str, digest: str) -> str:
    """Return a file's name on disk: what it is, and the first digits of its hash."""
    stem, _, suffix = file.partition(".")
    return f"{stem}-{digest[:8]}.{suffix}"


def commit(folder: Path, manifest: Manifest, card: Callable[[Manifest], str]) -> None:
    """Make the manifest the valid one, then clear away what it does not name."""
    write_text(folder / MANIFEST, json.dumps(asdict(manifest), indent=2) + "\n")
    write_text(folder / CARD, card(manifest))
    named = {placed_name(file, digest) for file, digest in manifest.files.items()}
    for path in folder.iterdir():
        if path.name in named | {MANIFEST, CARD}:
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def write_text(path: Path, text: str) -> None:
    """Replace a file in one step."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text, "utf-8")
    temporary.replace(path)


def library_versions() -> dict[str, str]:
    """Return the versions that a stored pipeline depends on."""
    return {
        "scikit-learn": version("scikit-learn"),
        "xgboost": _xgboost_version(),
        "skops": version("skops"),
    }


def _xgboost_version() -> str:
    """Two distributions provide the package `xgboost`; one of them is installed."""
    try:
        return version("xgboost-cpu")
    except PackageNotFoundError:
        return version("xgboost")


def check_libraries(manifest: Manifest) -> None:
    """Refuse a model that other versions of the libraries have made.

    Raises
    ------
    ModelDamagedError
        One of them is not the installed one.
    """
    for library, installed in library_versions().items():
        made_with = manifest.libraries.get(library)
        if made_with != installed:
            raise damaged(
                manifest.name,
                f"it was made with {library} {made_with}; {installed} is installed",
            )


def sha256(path: Path) -> str:
    """Return the hash of a file's content, in hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def damaged(name: str, what: str) -> ModelDamagedError:
    """Say of a stored model why it cannot be used."""
    return ModelDamagedError(
        f"The stored model '{name}' cannot be used.",
        f"Found: {what}.",
        "Train it again with claimclf train, or restore its folder.",
    )
