"""Backups that are not as they were written: altered, or as an older version would write them."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from claimclf.queue.outbound.backup.manifest import MARK
from claimclf.queue.storage.scratch import table_columns


def repack(file: Path, change: Callable[[dict[str, bytes]], object]) -> None:
    """Change members of a backup, with all checksums made anew, as somebody might on purpose."""
    members = members_of(file)
    change(members)
    write(file, members)


def write(file: Path, members: dict[str, bytes], packing: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(file, "w", packing) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.comment = MARK + b"0" * 64
    whole = file.read_bytes()[:-64]
    file.write_bytes(whole + hashlib.sha256(whole).hexdigest().encode())


def edit_manifest(parts: dict[str, bytes], **values: Any) -> None:
    manifest = json.loads(parts["manifest.json"])
    parts["manifest.json"] = json.dumps(manifest | values).encode()


def edit_rows(members: dict[str, bytes], table: str, old: str, new: str) -> None:
    """Change a member and its checksum."""
    name = f"{table}.jsonl"
    assert old.encode() in members[name]
    members[name] = members[name].replace(old.encode(), new.encode())
    manifest = json.loads(members["manifest.json"])
    manifest["members"][table]["sha256"] = hashlib.sha256(members[name]).hexdigest()
    members["manifest.json"] = json.dumps(manifest).encode()


def members_of(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def as_of(version: str, file: Path, target: Path) -> None:
    """Write a backup anew without the tables and columns that an older version had not yet."""
    members, columns = members_of(file), table_columns(version)
    manifest = json.loads(members.pop("manifest.json"))
    for name, member in list(manifest["members"].items()):
        rows = members.pop(f"{name}.jsonl")
        if name in columns:
            places = [i for i, column in enumerate(member["columns"]) if column in columns[name]]
            members[f"{name}.jsonl"] = rows = taken_from(rows, places)
            member["columns"] = [member["columns"][i] for i in places]
            member["sha256"] = hashlib.sha256(rows).hexdigest()
        else:
            del manifest["members"][name]
    write(target, members | {"manifest.json": json.dumps(manifest | {"version": version}).encode()})


def taken_from(rows: bytes, places: list[int]) -> bytes:
    """Return lines of JSON that hold some of each row's values."""
    values = ([json.loads(row)[i] for i in places] for row in rows.splitlines())
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in values).encode()
