"""Drift of the models: `drift.state`, `drift.models`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.trading import PSI_MODERATE, PSI_SIGNIFICANT
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.registry import probe
from tradai_console.probes.rows import get_row, scan_rows
from tradai_console.probes.wording import ago, counted, listed, short, worst
from tradai_console.sources.trading import Drift, parse_drift

OLD_S: Final = 48 * 3600.0
"""A measurement older than this says nothing of today."""


@probe("drift.state")
async def state(context: ProbeContext, given: Given) -> Evidence:
    """The model's row of drift state (`dynamodb:GetItem`)."""
    model = given["model"]
    row = await get_row(context, context.platform.tables.drift_state, "model_name", model)
    return judge_drift(model, None if row is None else parse_drift(row), context.now)


def psi_verdict(psi: float | None) -> Verdict:
    """Below 0.10 nothing, up to 0.25 moderate, above it significant."""
    if psi is None:
        return Verdict.UNKNOWN
    return Verdict.BAD if psi > PSI_SIGNIFICANT else Verdict.WARN if psi >= PSI_MODERATE else Verdict.OK


def judge_drift(model: str, drift: Drift | None, now: datetime) -> Evidence:
    """How far have the model's backtest results moved from their reference?"""
    if drift is None:
        return Evidence(Verdict.UNKNOWN, f"The drift table has no row of {model}: it was never measured.")
    if drift.psi is None:
        return Evidence(Verdict.UNKNOWN, f"The drift row of {model} holds no index that can be read.")
    verdict = psi_verdict(drift.psi)
    measured = (
        f"measured {ago(drift.checked_at, now)}" if drift.checked_at else "when it was measured is not told"
    )
    rows = (
        Row("overall PSI", short(drift.psi), verdict),
        Row("severity", drift.severity or "unknown"),
        Row("measured", ago(drift.checked_at, now) if drift.checked_at else "unknown"),
        *[Row(name, short(psi), psi_verdict(psi)) for name, psi in drift.metrics],
    )
    word = {Verdict.OK: "none", Verdict.WARN: "moderate", Verdict.BAD: "significant"}[verdict]
    most = f", most of {drift.metrics[0][0]} ({short(drift.metrics[0][1])})" if drift.metrics else ""
    line = f"PSI of {model} is {short(drift.psi)}, drift {word}{most}; {measured}"
    if verdict is Verdict.OK and old(drift, now):
        return Evidence(Verdict.UNKNOWN, f"{line}: too old to say anything of today.", rows)
    return Evidence(verdict, f"{line}.", rows, limit=PSI_SIGNIFICANT)


def old(drift: Drift, now: datetime) -> bool:
    """Whether it was measured too long ago; an unknown time is not held against it."""
    return drift.checked_at is not None and (now - drift.checked_at).total_seconds() > OLD_S


@probe("drift.models")
async def models(context: ProbeContext, given: Given) -> Evidence:
    """Every row of drift state (`dynamodb:Scan`)."""
    del given
    rows = await scan_rows(context, context.platform.tables.drift_state)
    return judge_models([one for row in rows if (one := parse_drift(row)) is not None], context.now)


def judge_models(found: Sequence[Drift], now: datetime) -> Evidence:
    """Which models have drifted? A single one is the one that the walk is about, where its alert tells none."""
    if not found:
        return Evidence(Verdict.UNKNOWN, "The drift table has no row: no model was ever measured.")
    ordered = sorted(found, key=lambda one: -(one.psi if one.psi is not None else -1.0))
    judged = [(one, _grade(one, now)) for one in ordered]
    rows = tuple([
        Row(one.model_name, f"PSI {short(one.psi) if one.psi is not None else 'unknown'}, {ago(one.checked_at, now)}", grade)
        for one, grade in judged
    ])  # fmt: skip
    verdict = worst(grade for _, grade in judged)
    drifted = [one for one, grade in judged if grade in (Verdict.BAD, Verdict.WARN)]
    if drifted:
        told = listed([f"{one.model_name} {short(one.psi or 0)}" for one in drifted])
        line = f"{len(drifted)} of {counted(len(found), 'model')} drifted: {told}."
        settled = {"MODEL_NAME": drifted[0].model_name} if len(drifted) == 1 else {}
        return Evidence(verdict, line, rows, found=settled)
    vague = [one.model_name for one, grade in judged if grade is Verdict.UNKNOWN]
    if vague:
        return Evidence(verdict, f"Nothing new is known of {listed(vague)}; no other model drifted.", rows)
    top = ordered[0]
    line = f"None of {counted(len(found), 'model')} drifted; the highest is {top.model_name} with {short(top.psi or 0)}."
    return Evidence(verdict, line, rows)


def _grade(one: Drift, now: datetime) -> Verdict:
    verdict = psi_verdict(one.psi)
    return Verdict.UNKNOWN if verdict is Verdict.OK and old(one, now) else verdict
