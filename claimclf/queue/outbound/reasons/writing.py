"""Statements of reasons as JSON that can be sent, and as CSV in the names of the dumps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

#: Columns of the Transparency Database's daily dumps that whoever sends a statement fills.
COLUMNS = (
    *("decision_visibility", "decision_visibility_other", "end_date_visibility_restriction"),
    *("decision_monetary", "decision_monetary_other", "end_date_monetary_restriction"),
    *("decision_provision", "end_date_service_restriction"),
    *("decision_account", "end_date_account_restriction", "account_type"),
    *("decision_ground", "decision_ground_reference_url"),
    *("illegal_content_legal_ground", "illegal_content_explanation"),
    *("incompatible_content_ground", "incompatible_content_explanation"),
    *("incompatible_content_illegal", "category", "category_addition"),
    *("category_specification", "category_specification_other"),
    *("content_type", "content_type_other", "content_language", "content_date", "content_id_ean"),
    *("territorial_scope", "application_date", "decision_facts", "source_type", "source_identity"),
    *("automated_detection", "automated_decision", "platform_uid"),
)
#: Attribute -> its column, where the dumps call it otherwise.
_CALLED = {"puid": "platform_uid"}


def as_json(statements: Sequence[Mapping[str, Any]]) -> bytes:
    """Return statements as the database's address for several takes them, 100 at a time."""
    return json.dumps({"statements": list(statements)}, ensure_ascii=False, indent=1).encode()


def as_table(statements: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return statements in the columns of the dumps; lists as JSON, and empty cells for none."""
    rows = [{_CALLED.get(name, name): _cell(v) for name, v in one.items()} for one in statements]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype="str")


def _cell(value: Any) -> str:
    return json.dumps(value) if isinstance(value, list) else str(value)
