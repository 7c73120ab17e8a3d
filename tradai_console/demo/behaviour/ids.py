"""Ids that AWS would draw: here from the seed and from what they are of, so that the same seed gives the same night.

Several threads make things at once; an id that hangs on its kind and on how many there were of it before does not
care which of them is first.
"""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections import Counter

from moto.ec2 import utils as ec2
from moto.moto_api._internal import mock_random

_seed = uuid.uuid4().hex
_made: Counter[tuple[str, ...]] = Counter()
_lock = threading.Lock()


def seed(*what: object) -> None:
    """Begin a night: from now on ids are those of this seed."""
    global _seed
    with _lock:
        _seed = "/".join(str(part) for part in what)
        _made.clear()


def hexadecimal(*about: str, digits: int = 32) -> str:
    """The next id of this kind, at most 32 digits."""
    with _lock:
        _made[about] += 1
        number = _made[about]
    drawn = "/".join((_seed, *about, str(number)))
    return hashlib.md5(drawn.encode(), usedforsecurity=False).hexdigest()[:digits]


def unique(*about: str) -> str:
    """The next UUID of this kind."""
    return str(uuid.UUID(hexadecimal(*about)))


def _of_ec2(prefix: str = "", size: int = 17) -> str:
    return f"{prefix}-{hexadecimal('ec2', prefix, digits=size)}"


def seed_rest(*about: str) -> None:
    """Let what moto draws from its own generator, such as access keys, go on from here by the seed."""
    mock_random.seed(hexadecimal("moto", *about))


def install() -> None:
    """Give EC2's instances, interfaces, groups and the like such ids too."""
    ec2.random_id = _of_ec2
