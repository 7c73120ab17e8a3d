"""Who is asking, where, until when, and whether the clocks agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from tradai_console.aws.door import Door
from tradai_console.aws.login import CLOCK_S
from tradai_console.doctor.finding import Finding, bad, note, well
from tradai_console.errors import AwsError, Expired, Unreachable
from tradai_console.models.identity import Meter

SKEW_S: Final = 60.0
"""From here on ages on the screen are off by more than a person would like."""

SOON: Final = timedelta(minutes=30)


async def look_at_credentials(door: Door) -> tuple[list[Finding], bool]:
    """Who AWS says we are (`sts:GetCallerIdentity`); False if nothing more can be asked."""
    try:
        identity = await door.identity()
    except Expired as error:
        return [bad(f"credentials: {error}", "Log in, then run this again.")], False
    except Unreachable as error:
        advice = "Is there a way to AWS: network, VPN, proxy, AWS_ENDPOINT_URL, region?"
        return [bad(f"AWS cannot be reached: {error}", advice)], False
    except AwsError as error:
        return [note(f"who we are is not known: {error}", "The rest is asked all the same.")], True
    return [well(f"account {identity.account}, {identity.region}, as {identity.arn}")], True


def look_at_meter(meter: Meter, now: datetime) -> Iterator[Finding]:
    """How long the credentials hold, and how far the clocks are apart."""
    until = meter.credentials_until
    if until is not None:
        left = until - now
        said = f"the credentials hold until {until:%H:%M}Z, {_words(left)} from now"
        yield note(said, "Log in again before the shift.") if left < SOON else well(said)
    skew_s = meter.clock_skew_s
    if skew_s is None:
        yield note("how far this machine's clock is from AWS's is not known: no answer had a date")
    elif abs(skew_s) > CLOCK_S:
        yield bad(f"this machine's clock is {_off(skew_s)}", "Set it: AWS refuses signatures from 5 min on.")
    elif abs(skew_s) > SKEW_S:
        yield note(
            f"this machine's clock is {_off(skew_s)}", "Set it: every age on the screen is off by that."
        )
    else:
        yield well(f"this machine's clock agrees with AWS's to {abs(skew_s):.0f} s")


def _off(skew_s: float) -> str:
    return f"{abs(skew_s):.0f} s {'behind' if skew_s > 0 else 'ahead of'} AWS's"


def _words(left: timedelta) -> str:
    minutes = max(0, int(left.total_seconds() // 60))
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"
