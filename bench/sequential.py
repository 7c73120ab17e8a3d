"""What a person would write: the recorded calls with boto3, one after another. `python -m bench.sequential FILE`.

Nothing of ours is imported: its start is part of what is measured.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import boto3


def main() -> None:
    """Make the calls and print how many were answered, and what was said of the others."""
    clients: dict[str, Any] = {}
    answered, refused = 0, []
    for service, operation, params in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        if service not in clients:
            clients[service] = boto3.client(service)
        method = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", operation).lower()
        try:
            getattr(clients[service], method)(**params)
            answered += 1
        except Exception as error:  # noqa: BLE001  # a peer's refused call is told of, whatever it was
            refused.append(f"{operation}: {error}")
    print(json.dumps({"answered": answered, "refused": refused}))


if __name__ == "__main__":
    main()
