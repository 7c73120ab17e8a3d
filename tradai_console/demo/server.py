"""The demo's AWS: moto's server on loopback, in a process of its own, with behaviours that are AWS's.

`python -m tradai_console.demo.server` prints one line when it is ready:
`{"ready": true, "endpoint_url": "http://127.0.0.1:PORT", "pid": N}`, and serves until SIGINT or SIGTERM, or,
with `--with-parent`, until its standard input ends.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

from tradai_console.demo import orders
from tradai_console.errors import ConsoleError
from tradai_console.quiet import collect_rarely

REGION = "eu-central-1"
_START_S = 60.0
_ANSWER_S = 15.0
_REFUSAL = "the platform could not be built"


class DemoError(ConsoleError):
    """The local AWS could not be started. The text says why in one sentence."""


class DemoServer:
    """The local AWS in a process of its own, for as long as the context lasts."""

    def __init__(
        self,
        *,
        env: str = "prod",
        seed: int = 0,
        speed: float = 1.0,
        bare: bool = False,
        drill: str | None = None,
        crowd: Mapping[str, int] | None = None,
        port: int = 0,
    ) -> None:
        self._env = env
        self._arguments = [
            "--with-parent",
            "--port",
            str(port),
            "--seed",
            str(seed),
            "--speed",
            str(speed),
            "--env",
            env,
        ]
        self._arguments += ["--bare"] if bare else []
        self._arguments += ["--drill", drill] if drill else []
        self._arguments += ["--crowd", json.dumps(dict(crowd))] if crowd is not None else []
        self._process: subprocess.Popen[str] | None = None
        self._asking = threading.Lock()
        self.endpoint_url = ""
        """Where it listens; empty before the context is entered."""

    def __enter__(self) -> DemoServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, timeout_s: float = _START_S) -> None:
        """Start it and wait until it is ready. Raises DemoError."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tradai_console.demo.server", *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **self.environ()},
            text=True,
        )
        try:
            self.endpoint_url = self._await_ready(self._process, timeout_s)
        except DemoError:
            self.stop()
            raise
        # The child goes on writing warnings; nobody reading them would stop it when the pipe is full.
        threading.Thread(target=_drain, args=(self._process.stderr,), daemon=True).start()

    def stop(self) -> None:
        """End it, kindly first. Doing it again changes nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()

    def begin_drill(self, name: str) -> dict[str, Any]:
        """Begin a drill, or `random`; the report of it. Raises DemoError where it cannot be played."""
        return self.order({"ask": "drill", "name": name})

    def report(self) -> dict[str, Any]:
        """How the drill that was begun last stands (`orders.report`); empty before the first. Raises DemoError."""
        return self.order({"ask": "report"})

    def order(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """One of `orders`, and its answer. Raises DemoError where it is refused."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise DemoError("The local AWS is not running.")
        with self._asking:
            try:
                process.stdin.write(json.dumps(order) + "\n")
                process.stdin.flush()
                readable, _, _ = select.select([process.stdout], [], [], _ANSWER_S)
                answer = json.loads(process.stdout.readline() if readable else "")
            except (OSError, ValueError):
                raise DemoError("The local AWS does not answer.") from None
        if "refused" in answer:
            raise DemoError(str(answer["refused"]))
        return dict(answer)

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process else None

    def environ(self) -> dict[str, str]:
        """What any AWS client needs in its environment to talk to it, and to nothing else."""
        return environ(self.endpoint_url, self._env)

    @staticmethod
    def _await_ready(process: subprocess.Popen[str], timeout_s: float) -> str:
        assert process.stdout is not None
        assert process.stderr is not None
        readable, _, _ = select.select([process.stdout], [], [], timeout_s)
        line = process.stdout.readline() if readable else ""
        if not readable:
            raise DemoError(f"The local AWS was not ready after {timeout_s:.0f} s.")
        try:
            return str(json.loads(line)["endpoint_url"])
        except (ValueError, KeyError, TypeError):
            said = process.stderr.read().strip().splitlines()
            reason = next(
                (line for line in said if line.startswith(_REFUSAL)), said[-1] if said else "it said nothing"
            )
            raise DemoError(f"The local AWS did not start: {reason}") from None


def environ(endpoint_url: str, env: str = "prod") -> dict[str, str]:
    """The environment for a client of the server at this address; the user's own AWS files play no part."""
    found = {
        "AWS_ACCESS_KEY_ID": "demo",
        "AWS_SECRET_ACCESS_KEY": "demo",
        "AWS_SESSION_TOKEN": "",
        "AWS_PROFILE": "",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "ENVIRONMENT": env,
    }
    found = {key: value for key, value in found.items() if value}
    return {**found, "AWS_ENDPOINT_URL": endpoint_url} if endpoint_url else found


def serve_in_thread(
    clock: Any = None, *, port: int = 0, speed: float = 1.0, ticking: bool = False
) -> tuple[str, Callable[[], None]]:
    """Serve in this process: the address, and what ends it.

    Without `ticking` time stands still until a test calls `behaviour.clock().advance(seconds)`. moto's state
    and ours are one a process: a second server shares them, and starting one begins at nothing.
    """
    from tradai_console.demo import model_files

    model_files.share()
    from tradai_console.demo import behaviour
    from tradai_console.demo.behaviour.clock import Clock, Ticker
    from tradai_console.demo.behaviour.listener import listen

    clock = behaviour.install(clock or Clock(speed, running=ticking))
    server = listen(port)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="aws", daemon=True
    )
    thread.start()
    ticker = Ticker(clock) if ticking else None
    if ticker is not None:
        ticker.start()

    def stop() -> None:
        if ticker is not None:
            ticker.stop()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)

    return f"http://127.0.0.1:{server.server_address[1]}", stop


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to end. Returns the exit code."""
    options = _options(arguments)
    collect_rarely()  # the world is built of objects that stay
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    played: list[Any] = []
    if options.with_parent:
        threading.Thread(target=_watch_parent, args=(done, played), name="parent-watch", daemon=True).start()
    _isolate(options.env)
    endpoint_url, stop = serve_in_thread(port=options.port, speed=options.speed, ticking=True)
    try:
        story = None if options.bare else _populate(endpoint_url, options)
    except Exception as error:  # noqa: BLE001 - said in one sentence, whatever it is
        kind = "" if isinstance(error, ConsoleError) else f"{type(error).__name__}: "
        print(f"{_REFUSAL}: {kind}{error}", file=sys.stderr)  # noqa: T201
        stop()
        return 1
    played.append(story)
    print(  # noqa: T201
        json.dumps({"ready": True, "endpoint_url": endpoint_url, "pid": os.getpid()}), flush=True
    )
    while not done.wait(3600):
        pass
    _end(story)
    stop()
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tradai_console.demo.server", description="A local AWS.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=0, help="the same seed tells the same story")
    parser.add_argument("--speed", type=float, default=1.0, help="simulated seconds a real second")
    parser.add_argument("--env", default="prod")
    parser.add_argument("--bare", action="store_true", help="an empty account: no platform, no story")
    parser.add_argument("--drill", default=None, help="what goes wrong: a drill's name, or random")
    parser.add_argument(
        "--crowd",
        type=_crowd,
        metavar="JSON",
        help='instead of the platform, so many of each: {"alarms": 5000, "services": 40, "tasks": 200, '
        '"databases": 20, "executions": 1000, "machines": 10}; what is not named takes these',
    )
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    return parser.parse_args(arguments)


def _crowd(text: str) -> dict[str, int]:
    given = json.loads(text)
    if not isinstance(given, dict) or not all(type(count) is int and count >= 0 for count in given.values()):
        raise argparse.ArgumentTypeError("counts by name are wanted, as a JSON object")
    return given


def _populate(endpoint_url: str, options: argparse.Namespace) -> Any:
    if options.crowd is not None:
        importlib.import_module("tradai_console.demo.crowd").fill(
            endpoint_url, env=options.env, **options.crowd
        )
        return None
    if options.drill:
        # Refused before the platform is built: that takes seconds.
        cast = importlib.import_module("tradai_console.demo.cast").draw_cast(options.env, options.seed)
        importlib.import_module("tradai_console.demo.drills").check(options.drill, cast)
    world = importlib.import_module("tradai_console.demo.world")
    story = importlib.import_module("tradai_console.demo.story")
    world.build(endpoint_url, env=options.env, seed=options.seed)
    more = {"drill": options.drill} if options.drill else {}
    return story.start(endpoint_url, env=options.env, seed=options.seed, speed=options.speed, **more)


def _end(story: Any) -> None:
    stop = getattr(story, "stop", None)
    if callable(stop):
        stop()


def _isolate(env: str) -> None:
    os.environ.update(environ("", env))
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL"):
        os.environ.pop(name, None)


def _watch_parent(done: threading.Event, played: Sequence[Any]) -> None:
    """Obey the parent's orders, and end with it. `played` holds the story from the moment there is one."""
    # Not through sys.stdin: its lock, held by a thread that waits, would break the interpreter's own end.
    rest = b""
    while chunk := os.read(0, 4096):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            answer = orders.obey(played[0] if played else None, line.decode(errors="replace"))
            os.write(1, answer.encode() + b"\n")
    done.set()


def _drain(pipe: Any) -> None:
    try:
        for _ in pipe:
            pass
    except ValueError:
        return  # closed by stop()


if __name__ == "__main__":
    sys.exit(main())
