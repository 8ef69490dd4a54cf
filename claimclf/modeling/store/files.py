"""The files of a stored model: written whole or not at all, checked before they are read."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from claimclf.errors import ModelDamagedError
from claimclf.files import replacing
from claimclf.modeling.store.manifest import CONFORMAL, CV_RESULTS, MODEL, PREDICTIONS, Manifest
from claimclf.modeling.stored import TRUSTED_TYPES

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from claimclf.modeling.stored.conformal import Conformal
    from claimclf.modeling.stored.kinds import KindConformal

MANIFEST, CARD = "manifest.json", "card.md"
_FILES = (MODEL, CONFORMAL, PREDICTIONS, CV_RESULTS)
#: Names that `place` and `write_text` give: what it is with eight digits, or half-written.
_OURS = re.compile(
    "|".join(
        [
            *(file.replace(".", r"-[0-9a-f]{8}\.") for file in _FILES),
            rf"\.new-[0-9a-f]{{16}}-({'|'.join(map(re.escape, _FILES))})",
            r"\.[0-9a-f]{16}\.new",
            rf"\.({re.escape(MANIFEST)}|{re.escape(CARD)})\.new",  # of earlier versions
        ]
    )
)


def dump(part: Pipeline | Conformal | KindConformal, path: Path) -> None:
    """Write a fitted object that runs no code when it is read again."""
    from skops import io as skops_io

    skops_io.dump(part, path, compression=ZIP_DEFLATED, compresslevel=9)


def rebuilt(name: str, file: str, data: bytes) -> Any:
    """Rebuild an object from a checked file that holds trusted types only.

    Raises
    ------
    ModelDamagedError
        It holds a type that is not on our list, or one whose home is not there.
    """
    from skops import io as skops_io  # takes long to import, and few pages load a model

    try:
        unknown = set(skops_io.get_untrusted_types(data=data)) - set(TRUSTED_TYPES)
    except Exception as error:
        raise damaged(name, f"{file} cannot be read ({type(error).__name__})") from error
    if unknown:
        raise damaged(name, f"it holds types that are not trusted: {sorted(unknown)}")
    try:
        return skops_io.loads(data, trusted=list(TRUSTED_TYPES))
    except Exception as error:  # whatever a library says of contents that make no sense to it
        raise damaged(name, f"{file} cannot be rebuilt ({type(error).__name__})") from error


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
    except (BadZipFile, KeyError, ValueError, RuntimeError) as error:
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
    path = folder / f".new-{secrets.token_hex(8)}-{file}"
    try:
        write(path)
        digest = sha256(path)
        path.replace(folder / placed_name(file, digest))
    finally:
        path.unlink(missing_ok=True)
    return digest


def placed_name(file: str, digest: str) -> str:
    """Return a file's name on disk: what it is, and the first digits of its hash."""
    stem, _, suffix = file.partition(".")
    return f"{stem}-{digest[:8]}.{suffix}"


def commit(folder: Path, manifest: Manifest, card: Callable[[Manifest], str]) -> None:
    """Make the manifest the valid one, then clear away what it does not name."""
    write_text(folder / MANIFEST, json.dumps(asdict(manifest), indent=2) + "\n")
    write_text(folder / CARD, card(manifest))
    _clear(folder, {placed_name(file, digest) for file, digest in manifest.files.items()})


def _clear(folder: Path, in_use: set[str]) -> None:
    """Remove what earlier manifests named, and what killed writers left; nothing else.

    A name that is not of our own making belongs to somebody else, and a folder is never ours.
    """
    for path in folder.iterdir():
        if _OURS.fullmatch(path.name) and path.name not in in_use and not path.is_dir():
            path.unlink()


def write_text(path: Path, text: str) -> None:
    """Replace a file in one step; a link at its place is replaced, never followed."""
    with replacing(path) as stream:
        stream.write(text.encode())


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
