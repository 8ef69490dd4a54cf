"""Reads a model of real speech from its files without the packages that have written them.

Those take longer to import than a small file takes to score. Only what is named here is read,
as numbers and text; a file that holds anything else is left to `files.rebuilt`, which looks at
it whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np

from claimclf.modeling.learners.weights import Weights
from claimclf.modeling.stored.kinds import KindConformal
from claimclf.modeling.stored.terms import Terms

#: The format of such files, as they state it.
_PROTOCOL = 2
_PIPELINE = "sklearn.pipeline.Pipeline"
_FEATURES = "claimclf.modeling.stored.speech.SpeechFeatures"
_LEARNER = "sklearn.linear_model._logistic.LogisticRegression"
_CONFORMAL = "claimclf.modeling.stored.kinds.KindConformal"


class _UnknownError(Exception):
    """A file holds something that is not read here."""


#: What comes of reading a file that is not as those are that are read here.
_ODD = (
    *(_UnknownError, BadZipFile, RuntimeError),
    *(KeyError, ValueError, TypeError, AttributeError),
)


class _Object(dict[str, Any]):
    """What an object of a file holds, by name.

    Parameters
    ----------
    kind : str
        The dotted path of its class.
    """

    def __init__(self, kind: str, attributes: dict[str, Any]) -> None:
        super().__init__(attributes)
        self.kind = kind


def weights_in(data: bytes) -> Weights | None:
    """Return the weights of a linear model on real speech; None for any other model.

    Parameters
    ----------
    data : bytes
        A checked file of a pipeline.
    """
    try:
        (_, features), (_, learner) = _read(data, _PIPELINE)["steps"]
        if (features.kind, learner.kind) != (_FEATURES, _LEARNER):
            return None
        if list(learner["classes_"]) != [0, 1]:
            return None
        return Weights(Terms(**features), learner["coef_"][0], float(learner["intercept_"][0]))
    except _ODD:
        return None


def conformal_in(data: bytes) -> KindConformal | None:
    """Return calibration and lanes by kind of text; None where they are of another form."""
    try:
        return KindConformal(**_read(data, _CONFORMAL))
    except _ODD:
        return None


def _read(data: bytes, kind: str) -> _Object:
    """Return the object of a class that a file holds."""
    with ZipFile(BytesIO(data)) as archive:
        root = json.loads(archive.read("schema.json"))
        if root["protocol"] != _PROTOCOL:
            raise _UnknownError
        found = _value(root, archive)
    if not isinstance(found, _Object) or found.kind != kind:
        raise _UnknownError
    return found


def _value(node: dict[str, Any], archive: ZipFile) -> Any:
    read = _READERS.get(node["__loader__"])
    if read is None:
        raise _UnknownError
    return read(node, archive)


def _json(node: dict[str, Any], _archive: ZipFile) -> Any:
    return json.loads(node["content"])


def _list(node: dict[str, Any], archive: ZipFile) -> list[Any]:
    return [_value(part, archive) for part in node["content"]]


def _tuple(node: dict[str, Any], archive: ZipFile) -> tuple[Any, ...]:
    return tuple(_list(node, archive))


def _dict(node: dict[str, Any], archive: ZipFile) -> dict[str, Any]:
    return {name: _value(part, archive) for name, part in node["content"].items()}


def _array(node: dict[str, Any], archive: ZipFile) -> Any:
    if node["type"] != "numpy":
        raise _UnknownError
    with archive.open(node["file"]) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)


def _object(node: dict[str, Any], archive: ZipFile) -> _Object:
    kind = f"{node['__module__']}.{node['__class__']}"
    if kind not in (_PIPELINE, _FEATURES, _LEARNER, _CONFORMAL):
        raise _UnknownError
    return _Object(kind, _value(node["content"], archive))


_READERS: dict[str, Callable[[dict[str, Any], ZipFile], Any]] = {
    "JsonNode": _json,
    "ListNode": _list,
    "TupleNode": _tuple,
    "DictNode": _dict,
    "NdArrayNode": _array,
    "ObjectNode": _object,
}
