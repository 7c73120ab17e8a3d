"""What is left behind when the console ends by a defect: a report without any values, and one sentence.

Rich's tracebacks show local variables, which may hold credentials and log lines: neither terminal nor file gets them.
"""

from __future__ import annotations

import platform
import traceback
from datetime import datetime

from tradai_console import __version__
from tradai_console.paths import state_dir
from tradai_console.text import plain


def report(error: BaseException, now: datetime) -> str:
    """Write the report; returns the sentence for the operator. Never raises."""
    what = f"{type(error).__name__}: {plain(error, 200)}"
    frames = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
    text = f"TradAI Console {__version__}, Python {platform.python_version()}, {now.isoformat()}\n{what}\n\n{frames}"
    path = state_dir() / f"crash-{now:%Y%m%d-%H%M%S}.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
    except OSError as failed:
        return f"TradAI Console has stopped by a defect of its own ({what}); no report could be written: {failed.strerror}"
    return f"TradAI Console has stopped by a defect of its own ({what}). The report is {path}; start it again to go on."
