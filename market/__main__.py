"""Run the simulated rental market: ``python -m market --help``."""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from market.bias import truth
from market.clock import Clock
from market.desk import Desk
from market.journal import Journal
from market.office import Market, open_market
from market.post import Outbox
from market.server import bind, opened
from market.temper import add_options, chosen
from market.world import MarketError, read_world

_REQUIRED = ("participants", "listings", "reply_port", "truth")
_FASTEST = 1_000_000
_HIGHEST_PORT = 65_535


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise MarketError(f"ongeldige opdracht: {message} (zie --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until stopped; 0 after a clean stop, 2 for bad input or a port in use."""
    try:
        options = _options(arguments)
        world = read_world(options.participants, options.listings)
        market = open_market(world, bias=options.bias, seed=options.seed, temper=chosen(options))
        _write(options.truth, truth(market.world, market.leanings, bias=options.bias, seed=options.seed))
        asyncio.run(_run(options, market))
    except MarketError as error:
        print(f"market: {error}", file=sys.stderr)
        return 2
    return 0


async def _run(options: argparse.Namespace, market: Market) -> None:
    clock = _clock(options)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with (
        bind(options.smtp_port) as mail,
        bind(options.http_port) as web,
        closing(Journal(options.log, lambda: clock.now(time.time()))) as journal,
    ):
        outbox = Outbox(options.reply_host, options.reply_port)
        desk = Desk(market, clock, outbox, journal)
        async with opened(desk, market, mail, web):
            if options.ready:
                _write(options.ready, {"smtp_port": mail.getsockname()[1], "http_port": web.getsockname()[1]})
            await _until_stopped(stop, outbox, desk, options.parent_pid)


async def _until_stopped(stop: asyncio.Event, outbox: Outbox, desk: Desk, parent: int | None) -> None:
    """Deliver answers until a signal comes, the parent is gone, or something breaks (which is raised)."""
    tasks = [asyncio.create_task(stop.wait()), asyncio.create_task(outbox.run(desk.delivered))]
    if parent is not None:
        tasks.append(asyncio.create_task(_orphaned(parent)))
    done, running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    for task in done:
        task.result()


async def _orphaned(parent: int) -> None:
    """Return when the process with this id is gone."""
    child = os.getppid() == parent
    while _alive(parent) and (not child or os.getppid() == parent):
        await asyncio.sleep(0.25)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _clock(options: argparse.Namespace) -> Clock:
    epoch = options.clock_epoch if options.clock_epoch is not None else time.time()
    return Clock(options.clock_start or datetime.fromtimestamp(epoch, UTC), epoch, options.speed)


def _write(path: Path, content: dict[str, Any]) -> None:
    """Write JSON so that a reader never sees half a file."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise MarketError(f"{path}: kan het bestand niet schrijven ({error.strerror}).") from error


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = _Parser(
        prog="python -m market", description="Een nagebootste huurmarkt die mail en formulieren beantwoordt."
    )
    add = parser.add_argument
    add("--participants", type=Path, metavar="CSV", help="deelnemersbestand")
    add("--listings", type=Path, metavar="CSV", help="advertentiebestand")
    add("--reply-port", type=_port(1), metavar="N", help="SMTP-poort waar de antwoorden heen gaan")
    add("--reply-host", default="127.0.0.1", metavar="HOST", help="computer waar de antwoorden heen gaan")
    add(
        "--smtp-port",
        type=_port(0),
        default=0,
        metavar="N",
        help="poort voor mail aan aanbieders; 0 is een vrije poort",
    )
    add("--http-port", type=_port(0), default=0, metavar="N", help="poort voor formulieren; 0 is een vrije poort")
    add("--seed", type=_number(int, "een heel getal"), default=1, metavar="N", help="startgetal van het toeval")
    add(
        "--bias",
        type=_number(float, "een getal zoals 0.15"),
        default=0.15,
        metavar="B",
        help="gemiddelde nettodiscriminatie",
    )
    add("--speed", type=_speed, default=1.0, metavar="X", help=f"zoveel keer sneller dan echt, tot {_FASTEST}")
    add("--clock-start", type=_moment, metavar="ISO", help="begintijd van de markt, met tijdzone")
    add("--clock-epoch", type=_number(float, "Unix-seconden"), metavar="S", help="echte tijd waarop de markt begint")
    add("--truth", type=Path, metavar="JSON", help="hier schrijft de markt haar eigen vooringenomenheid")
    add("--ready", type=Path, metavar="JSON", help="hier schrijft de markt haar poorten zodra ze open is")
    add("--log", type=Path, metavar="JSONL", help="hier schrijft de markt wat binnenkomt en weggaat")
    add("--parent-pid", type=_number(int, "een procesnummer"), metavar="PID", help="stop als dit proces weg is")
    add_options(parser)
    options = parser.parse_args(arguments)
    missing = next((name for name in _REQUIRED if getattr(options, name) is None), None)
    if missing:
        raise MarketError(f"geef --{missing.replace('_', '-')} op (zie --help).")
    return options


def _number(kind: Callable[[str], Any], wanted: str) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        try:
            return kind(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"'{text}' is niet {wanted}") from error

    return convert


def _port(lowest: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        if not (text.isascii() and text.isdigit() and lowest <= int(text) <= _HIGHEST_PORT):
            raise argparse.ArgumentTypeError(
                f"'{text}' is geen poort; kies een getal van {lowest} tot en met {_HIGHEST_PORT}"
            )
        return int(text)

    return convert


def _speed(text: str) -> float:
    speed: float = _number(float, "een getal")(text)
    if not 0 < speed <= _FASTEST:
        raise argparse.ArgumentTypeError(f"{text} kan niet; kies een getal boven 0 en hoogstens {_FASTEST}")
    return speed


def _moment(text: str) -> datetime:
    moment: datetime = _number(datetime.fromisoformat, "een tijd zoals 2026-09-07T09:00:00+02:00")(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(
            f"'{text}' heeft geen tijdzone; schrijf bijvoorbeeld 2026-09-07T09:00:00+02:00"
        )
    return moment


if __name__ == "__main__":
    sys.exit(main())
