"""One poll of a device by commands: what a thread does, from logging in to readings."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from netmon.model import Device, Series
from netmon.probes.ssh.known_hosts import KnownHosts
from netmon.probes.ssh.line import Line, SshError
from netmon.probes.ssh.reasons import expected, reason_of
from netmon.probes.ssh.session import Login, Session, open_session
from netmon.probes.ssh.templates import rows_by
from netmon.profiles import Command, Commands, is_expected, readings_of, refusal, rows_of

_OLDEST: Final = 3600.0
"""Seconds after which a session that is kept open is opened anew: a device may have learnt other commands."""


@dataclass(slots=True)
class Told:
    """What a poll brought: readings, what was missing, why it ended early, and the session where it may be kept."""

    readings: dict[Series, float] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    failure: SshError | None = None
    session: Session | None = None
    at: float = 0.0
    answered: int = 0


class Talk:
    """Asks a device its commands, in a thread; :meth:`cut` ends it from another."""

    def __init__(
        self,
        login: Login,
        commands: Commands,
        wanted: Sequence[Command],
        *,
        known: KnownHosts,
        drivers: Callable[[str], Any],
        until: float,
        session: Session | None = None,
    ) -> None:
        """Take what is needed; ``session`` is one that was kept open, ``until`` monotonic seconds."""
        self._login = login
        self._commands = commands
        self._wanted = wanted
        self._known = known
        self._drivers = drivers
        self._until = until
        self._session = session
        self._line = session.line if session is not None else Line(until)
        self._is_cut = False

    def cut(self) -> None:
        """End it from another thread."""
        self._is_cut = True
        self._line.cut()

    def run(self, device: Device) -> Told:
        """Ask; what the device or the network does is told and not raised."""
        told = Told(at=time.time())
        pairs: list[tuple[Command, Sequence[Any]]] = []
        wrong = expected()
        try:
            session = self._ready(wrong)
            said: dict[str, str] = {}
            for command in self._wanted:
                if command.send not in said:
                    said[command.send] = session.send(command.send)
                    told.answered += 1
                self._read(command, said[command.send], pairs, told)
        except wrong as error:
            told.failure = reason_of(error, is_over=self._is_cut or time.monotonic() >= self._until)
            self._end()
        else:
            told.session = session if self._commands.keep_open else None
            if told.session is None:
                session.close()
        told.readings = readings_of(device, pairs)
        if told.failure is not None:
            self._leave_out(told, {command.send for command, _ in pairs})
        return told

    def _ready(self, wrong: tuple[type[Exception], ...]) -> Session:
        """Give a session that answers: the one that was kept, else a new one."""
        kept = self._session
        if kept is not None:
            fits = kept.login == self._login and kept.driver == self._commands.device_type
            if fits and time.monotonic() - kept.opened < _OLDEST:
                try:
                    kept.wake(self._until)
                except wrong:
                    self._end()
                else:
                    return kept
            else:
                self._end()
            self._session = None
            self._line = Line(self._until)
            if self._is_cut:
                self._line.cut()
        driver = self._commands.device_type
        self._session = open_session(self._login, driver, self._known, self._line, self._drivers)
        return self._session

    def _end(self) -> None:
        self._line.cut()
        if self._session is not None:
            self._session.close()
        self._line.undo()

    def _read(self, command: Command, text: str, pairs: list[tuple[Command, Sequence[Any]]], told: Told) -> None:
        refused = refusal(self._commands, text)
        missing = f"{command.send}: {refused}" if refused else ""
        rows: Sequence[Any] = ()
        if not refused and not is_expected(command, text):
            missing = f"{command.send}: an answer that the profile does not know"
        elif not refused:
            try:
                rows = rows_by(command.template, text) if command.template else rows_of(command, text)
            except SshError as error:
                missing = f"{command.send}: {error.detail}"
            else:
                pairs.append((command, rows))
                if not rows and not command.count:
                    missing = f"{command.send}: nothing in the answer is what the profile looks for"
        if missing and not command.optional:
            told.missing.append(missing)

    def _leave_out(self, told: Told, asked: set[str]) -> None:
        """Leave out sums that lack a part: a sum without it is another number."""
        lacking = {measure for one in self._wanted if one.send not in asked for measure in one.added}
        told.readings = {one: value for one, value in told.readings.items() if one.measure not in lacking}
