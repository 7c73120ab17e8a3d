"""Rows of the platform's DynamoDB tables, as probes read and show them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tradai_console.models.evidence import Row
from tradai_console.probes.context import ProbeContext
from tradai_console.sources import fields
from tradai_console.sources.pages import everything
from tradai_console.sources.trading import parse_row
from tradai_console.text import plain

VALUE = 400
"""Signs of a value that are shown."""


async def get_row(context: ProbeContext, table: str, key: str, value: str) -> dict[str, Any] | None:
    """One row by its key (`dynamodb:GetItem`); None if there is none."""
    dynamodb = await context.client("dynamodb")
    answer = await dynamodb.get_item(TableName=table, Key={key: {"S": value}}, ConsistentRead=True)
    item = fields.inner(answer, "Item")
    return parse_row(item) if item else None


async def scan_rows(context: ProbeContext, table: str) -> list[dict[str, Any]]:
    """Every row of a small table (`dynamodb:Scan`)."""
    dynamodb = await context.client("dynamodb")
    raws = await everything(
        dynamodb.scan, "Items", cursor="ExclusiveStartKey", answer_cursor="LastEvaluatedKey", TableName=table
    )
    return [parse_row(raw) for raw in raws]


def shown_rows(row: Mapping[str, Any]) -> tuple[Row, ...]:
    """Every attribute, by name."""
    return tuple([Row(plain(key, 80), shown(row[key])) for key in sorted(row) if row[key] is not None])


def shown(value: Any) -> str:
    """An attribute's value on one line."""
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, str | int | float | bool):
        return plain(value, VALUE)
    try:
        return plain(json.dumps(value, default=str, sort_keys=True), VALUE)
    except (ValueError, TypeError, RecursionError):
        return plain(value, VALUE)
