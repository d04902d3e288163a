"""TCP segments -> what each side of a connection sent, in order, as far as it was captured (RFC 9293)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from certdoctor.evidence.packets import ACK, FIN, RST, SYN, Segment
from certdoctor.limits import Limits

_UNANSWERED = 3  # as many attempts without an answer are no accident

End = tuple[str, int]  # address, port


@dataclass(slots=True)
class Half:
    """What one end sent. Offsets count from its first byte; without its SYN from the first byte captured."""

    base: int | None = None
    certain: bool = False  # its SYN was captured
    pieces: dict[int, bytes] = field(default_factory=dict)  # offset -> payload
    cut: bool = False  # a payload was not kept whole by whoever captured
    overfull: bool = False  # more than the limit; the rest was left out
    packets: int = 0
    attempts: int = 0  # SYNs
    accepted: bool = False  # SYN with ACK
    reset: bool = False
    closed: bool = False
    end: int | None = None  # offset at which it closed or reset

    def take(self, segment: Segment, room: int) -> int:
        """Take a segment; return how many bytes of memory that needs."""
        self.packets += 1
        self.reset |= bool(segment.flags & RST)
        self.closed |= bool(segment.flags & FIN)
        first = segment.sequence
        if segment.flags & SYN:
            self.attempts += 1
            self.accepted |= bool(segment.flags & ACK)
            first += 1
            if not self.certain:
                self.base, self.certain = first & 0xFFFFFFFF, True
        if segment.flags & (FIN | RST) and self.base is not None and self.end is None:
            self.end = _signed(first + (len(segment.payload) if segment.flags & FIN else 0) - self.base)
        if not segment.payload or segment.flags & RST:  # a reset may carry a text that is not of the stream
            return 0
        if self.base is None:
            self.base = first & 0xFFFFFFFF
        offset = _signed(first - self.base)
        payload = segment.payload
        if self.certain and offset < 0:
            payload, offset = payload[-offset:], 0  # a keep-alive, or a copy of what was sent long before
        self.cut |= segment.cut
        if abs(offset) + len(payload) > room:
            self.overfull = True
            return 0
        held = self.pieces.get(offset, b"")
        if len(payload) <= len(held):
            return 0
        self.pieces[offset] = payload
        return len(payload) - len(held)

    def runs(self) -> list[bytes]:
        """Return the bytes sent, in order; each gap begins a new run. Of overlapping copies the first one holds."""
        at = 0 if self.certain else min(self.pieces, default=0)
        runs = [bytearray()]
        for offset, payload in sorted(self.pieces.items()):
            if offset > at:
                runs.append(bytearray(payload))
            elif offset + len(payload) > at:
                runs[-1] += payload[at - offset :]
            at = max(at, offset + len(payload))
        if self.end is not None and self.end > at:
            runs.append(bytearray())  # what stood before the end is missing
        return [bytes(run) for run in runs]


def _signed(difference: int) -> int:
    """Sequence numbers wrap around at 2**32."""
    difference &= 0xFFFFFFFF
    return difference - (1 << 32) if difference >= 1 << 31 else difference


@dataclass(slots=True)
class Flow:
    """One TCP connection; `one` is the end that sent its first captured packet."""

    one: End
    other: End
    packet: int
    time: datetime | None
    halves: dict[End, Half]
    reset_by: End | None = None

    def opener(self) -> End | None:
        """Return the end that opened the connection, None where its beginning was not captured."""
        for end in (self.one, self.other):
            half = self.halves[end]
            if half.attempts and not half.accepted:
                return end
            if half.accepted:
                return self.peer(end)
        return None

    def peer(self, end: End) -> End:
        """Return the other end."""
        return self.other if end == self.one else self.one

    @property
    def refused(self) -> bool:
        """Whether the attempt to open it was answered by a reset."""
        opener = self.opener()
        if opener is None:
            return False
        far, near = self.halves[self.peer(opener)], self.halves[opener]
        return far.reset and not far.accepted and not far.pieces and not near.pieces

    @property
    def unanswered(self) -> bool:
        """Whether attempts to open it were met with silence."""
        opener = self.opener()
        return (
            opener is not None
            and self.halves[opener].attempts >= _UNANSWERED
            and not self.halves[self.peer(opener)].packets
        )


@dataclass(slots=True)
class Flows:
    """The TCP connections of a capture."""

    limits: Limits
    flows: list[Flow] = field(default_factory=list)
    left_out: int = 0  # segments of connections beyond the limit
    overfull: bool = False  # beyond the limit of memory; payload was left out
    _open: dict[tuple[End, End], Flow] = field(default_factory=dict)
    _held: int = 0

    def take(self, segments: Iterable[Segment]) -> None:
        """Sort segments to their connections, up to the limits."""
        for segment in segments:
            flow = self._flow(segment)
            if flow is None:
                self.left_out += 1
                continue
            room = self.limits.capture_stream_bytes
            if self._held >= self.limits.capture_total_bytes:
                room = 0
                self.overfull |= bool(segment.payload)
            self._held += flow.halves[segment.source].take(segment, room)
            if segment.flags & RST and flow.reset_by is None:
                flow.reset_by = segment.source

    def _flow(self, segment: Segment) -> Flow | None:
        source, target = segment.source, segment.target
        key = (source, target) if source <= target else (target, source)
        flow = self._open.get(key)
        if flow is not None and not self._begins_anew(flow, segment):
            return flow
        if len(self.flows) >= self.limits.capture_connections:
            return None
        halves = {source: Half(), target: Half()}
        flow = Flow(source, target, segment.number, segment.time, halves)
        self._open[key] = flow
        self.flows.append(flow)
        return flow

    @staticmethod
    def _begins_anew(flow: Flow, segment: Segment) -> bool:
        """Whether a SYN reuses the ports of a connection that is over."""
        half = flow.halves[segment.source]
        fresh = segment.flags & SYN and not segment.flags & ACK
        return bool(fresh and half.base is not None and half.base != (segment.sequence + 1) & 0xFFFFFFFF)
