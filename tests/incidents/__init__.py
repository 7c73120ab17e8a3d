"""Incidents from alert to cure, under the keys of an engineer, on the simulated platform.

`night.py` is the platform, its story and an engine on it, all in this process, in a time that tests move.
`on_call.py` is the engineer: presses keys, reads the screen, waits for what must come.

    async def test_one(night: Night) -> None:
        with night.drill("nat-down") as plot:                    # the night goes on until its alarm fires
            async with night.on_call() as engineer:
                await engineer.open("NAT Instance Down")         # finds it in the list, goes there, enter
                evidence = await engineer.evidence()             # when every probe of the section has answered
                await engineer.go_to("Replace the instance")     # j and k
                ended = await engineer.run("nat.replace")        # enter, reads the question, types the name, enter
                night.pass_until(lambda: plot.cured_at is not None, 600, "the cure")
                await engineer.resolved("NAT Instance Down")
        # what is left of the drill is mended, and hours go by: the next test finds a quiet night

The night stands still but for `drill`, `begin`, `pass_time`, `pass_until`, `calm_down` and the engineer's waiting with
`limit_s`; what is asked of AWS in between is answered at once. `night.hand` makes calls as an engineer without a
console would. Tests of one `xdist_group` share a night.
"""
