"""Small documents for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

from tradai_console.runbook.model import Runbook
from tradai_console.runbook.parse import parse_runbook

NATIVE = """\
---
title: Orders
alerts:
  - name: Orders Late
    severity: high
    first_response: Look at the queue.
    section: orders-late
    match:
      - alarm: "tradai-{env}-orders-late"
    logs:
      - {group: "/ecs/tradai/{env}/services", streams: "{SERVICE}"}
---
# Orders

## Orders Late {#orders-late}

Symptom: orders wait.

### Is the service running?

Look at *running*.

```probe
ecs.service service=${SERVICE}
logs.search text="timed out" service=${SERVICE} minutes=15
```

### Tell people

- [ ] Call the desk
- [x] Write it **down**

### Which kind is it?

- [Dead](#replace-its-tasks): nothing runs
- [Elsewhere](other.md#there)

### Replace its tasks

```action
ecs.force_deployment service=${SERVICE}
```

```tail
services/${SERVICE} filter="ERROR"
/aws/lambda/tradai-${FUNCTION}-${ENV}
```

```insights
group: /ecs/tradai/${ENV}/services
fields @message
| limit 5
```

```sh
aws ecs list-tasks --cluster "tradai-${ENV}"
```

### Background: orders

Read this by day.
"""
"""One of everything."""


def parsed(text: str, name: str = "orders") -> Runbook:
    """The runbook in this text."""
    return parse_runbook(text.encode(), Path(f"/runbooks/{name}.md"))


def line_of(text: str, needle: str) -> int:
    """The line, from 1, on which the needle stands."""
    return text[: text.index(needle)].count("\n") + 1
