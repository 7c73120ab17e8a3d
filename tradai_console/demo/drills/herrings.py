"""Red herrings: what is odd, true, and has nothing to do with it."""

from __future__ import annotations

from collections.abc import Callable

from tradai_console.demo.drills.plot import Plot
from tradai_console.demo.story.stage import Actor

_SERVICES = ("backend-api", "strategy-service", "data-collection", "mlflow")


def herrings(plot: Plot) -> Actor:
    """Two of them in each drill; which, and of whom, comes from the seed."""
    rng = plot.rng
    try:
        about = plot["service"]
    except KeyError:
        about = ""
    service = rng.choice([one for one in _SERVICES if one != about])
    kinds: list[Callable[[Plot, str], None]] = rng.sample([_deployment, _slow_query, _rate_limit, _retry], 2)
    for _ in range(12):
        for kind in kinds:
            kind(plot, service)
            yield rng.uniform(20, 60)


def _deployment(plot: Plot, service: str) -> None:
    """Somebody has deployed another service lately; it is well."""
    parameters = {"service": plot.cast.service_name(service)}
    user = plot.rng.choice(plot.cast.users)
    plot.recorded(user, "ecs:UpdateService", ago_s=plot.rng.uniform(900, 2400), requestParameters=parameters)


def _slow_query(plot: Plot, service: str) -> None:
    del service
    said = f"slow query: {plot.rng.uniform(1.2, 2.4):.1f} s for search_runs, 4 experiments"
    plot.note("mlflow", "mlflow.store.tracking", "WARNING", said)


def _rate_limit(plot: Plot, service: str) -> None:
    del service
    said = f"weight {plot.rng.randint(880, 1090)} of 1200 used, slowing down"
    plot.note("data-collection", "data_collection.CcxtFetcher", "WARNING", said)


def _retry(plot: Plot, service: str) -> None:
    said = "read timeout of an idle connection, retrying once: ok"
    plot.note(service, f"{service.replace('-', '_')}.HttpClient", "WARNING", said)
