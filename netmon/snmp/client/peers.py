"""What is known of an agent that is asked by SNMPv3."""

from __future__ import annotations

from typing import Final

from netmon.snmp.usm import LEAST_MAX_SIZE, REPORTABLE, Engine, Keys, Sealer, Security

_WINDOW: Final = 150  # seconds that a signed message may be old (RFC 3414, section 2.2.3)
_LAST: Final = 0x7FFFFFFF  # of boots and time; an engine that has started so often must not be trusted any more


class Peer:
    """An agent as one user sees it: its engine's id, our notion of its clock, the keys for it.

    Attributes:
        security: The user, and how it asks.
        user: Its name as bytes.
        engine_id: Empty while it is not known.
        keys: Those for this engine.
        boots: How often the engine has started.
        is_synchronised: A signed message has vouched for the clock.
        max_size: Bytes of a message that the agent takes.
        context: The id and the name of the context that is asked about.
    """

    __slots__ = (
        "_at",
        "_latest",
        "_sealer",
        "boots",
        "context",
        "engine_id",
        "is_synchronised",
        "keys",
        "max_size",
        "security",
        "user",
    )

    def __init__(self, security: Security) -> None:
        """Know nothing of it yet."""
        self.security = security
        self.user = security.user.encode()
        self.forget()

    def forget(self) -> None:
        """Have the engine's id asked for again before the next question."""
        self.meet(Engine(b"", 0, 0), Keys(), 0.0)

    def meet(self, engine: Engine, keys: Keys, now: float) -> None:
        """Take an engine as it says it is."""
        self.engine_id = engine.engine_id
        self.keys = keys
        self.max_size = LEAST_MAX_SIZE
        self.context = self.security.context_engine_id or engine.engine_id, self.security.context.encode()
        self._sealer = Sealer(
            self.engine_id, self.user, keys, flags=self.security.level | REPORTABLE, context=self.context
        )
        self.synchronise(engine.boots, engine.time, now, signed=False)

    def synchronise(self, boots: int, time: int, now: float, *, signed: bool) -> None:
        """Take the agent's clock as it is said to be at our ``now``."""
        self.boots, self._latest, self._at = boots, time, now
        self.is_synchronised = signed

    def time(self, now: float) -> int:
        """Say what the agent's clock shows: seconds since it started."""
        return min(self._latest + max(int(now - self._at), 0), _LAST)

    def accept(self, boots: int, time: int, now: float) -> bool:
        """Say whether a signed message is of now, and learn from it (RFC 3414, section 3.2, 7b)."""
        if not self.is_synchronised or (boots, time) > (self.boots, self._latest):
            self.synchronise(boots, time, now, signed=True)
        return _LAST != boots == self.boots and time >= self.time(now) - _WINDOW

    def seal(self, message_id: int, pdu: bytes, count: int, now: float) -> bytes:
        """Write the message around a PDU; ``count`` is for the salt, and never the same."""
        return self._sealer.seal(message_id, self.boots, self.time(now), pdu, count)
