"""Calls of the practice in the background, one after the other, their answers on the screen's side.

Short calls (reads and writes that end at once) and long ones (an examination, a folder of archives) each have
one thread, so that their order is kept and a long one never holds up a search. A cancelled job's answer is
never delivered: the coroutine that waits for it is gone. Threads are daemons: leaving never waits for them.
"""

from __future__ import annotations

import asyncio
import inspect
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from certdoctor.errors import CertdoctorError, Stopped
from certdoctor.language import _

if TYPE_CHECKING:
    from textual.widget import Widget
    from textual.worker import Worker

    from certdoctor.casework.practice import Practice

T = TypeVar("T")


class OneByOne:
    """A daemon thread that runs calls in the order they came in."""

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """Queue a call; a future that is cancelled before its turn is skipped."""
        future: Future[T] = Future()
        self._calls.put((future, call))
        return future

    def stop(self, timeout: float) -> None:
        """End after the calls that are queued, waiting at most `timeout` seconds for them."""
        self._calls.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        while (entry := self._calls.get()) is not None:
            future, call = entry
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = call()
            except BaseException as error:  # handed to the waiting coroutine, which tells the user
                future.set_exception(error)
            else:
                future.set_result(result)


@dataclass(slots=True)
class Meter:
    """How far a long read has come; the job's thread calls it, and `stop` ends that read at its next call."""

    count: int = 0  # bytes
    stop: bool = False

    def __call__(self, count: int) -> None:
        """Note how many bytes were read so far.

        Raises:
            Stopped: the read was cancelled.
        """
        self.count = count
        if self.stop:
            raise Stopped


@dataclass(slots=True)
class Job:
    """A long job that is under way: what it is called, and since when (loop time)."""

    label: str
    since: float
    gives_way: bool = False  # the user did not ask for it: whatever else is asked for takes its place
    worker: Worker[None] | None = None
    meter: Meter | None = None


class Jobs:
    """Runs practice calls for the screens."""

    def __init__(self, factory: Callable[[], Practice]) -> None:
        self._factory = factory
        self._practice: Practice | None = None
        self._made = threading.Lock()
        self._short = OneByOne("practice")
        self._long = OneByOne("practice-long")

    def practice(self) -> Practice:
        """Return the practice, made on first use. Called in the job threads only."""
        with self._made:
            if self._practice is None:
                self._practice = self._factory()
            return self._practice

    def ask(
        self,
        owner: Widget,
        call: Callable[[Practice], T],
        done: Callable[[T], object],
        failed: Callable[[Exception], object],
        *,
        group: str = "",
        long: Job | None = None,
    ) -> Worker[None]:
        """Call the practice in the background, then `done` or `failed` in the app.

        Args:
            owner: when this screen or widget goes, the answer is dropped with it.
            call: the call; it must not touch any widget.
            done: gets the answer.
            failed: gets any exception.
            group: reads of one group replace each other: only the newest is answered. Writes have none.
            long: the job's record, for calls that may take seconds.
        """
        line = self._long if long else self._short
        future = line.submit(lambda: call(self.practice()))

        async def wait() -> None:
            try:
                # A read that nobody waits for any more may be skipped; a write never is.
                waiting = asyncio.wrap_future(future)
                result = await (waiting if group else asyncio.shield(waiting))
            except Exception as error:
                after = failed(error) if owner.display else None
            else:
                after = done(result) if owner.display else None  # False while the screen is being closed
            if inspect.isawaitable(after):
                await after

        # A job without a group gets one of its own, so that nothing replaces it.
        name = group or f"job-{id(future)}"
        worker = owner.run_worker(wait(), group=name, exclusive=bool(group))
        if long:
            long.worker = worker
        return worker

    def close(self) -> None:
        """Close the practice after queued short calls; a long call that still runs is left behind."""
        self._long._calls.put(None)
        if self._practice is not None:
            self._short.submit(self._practice.close)
        self._short.stop(timeout=5.0)


def sentence(error: Exception) -> str:
    """Return what a user reads about an error, on one line."""
    if isinstance(error, CertdoctorError):
        from certdoctor.sentences import told_error

        return told_error(error)
    if isinstance(error, OSError):
        return f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")
    defect = f"{type(error).__name__}: {error}"
    return _("An error in certdoctor itself ({defect}); its report is shown when you leave.").format(defect=defect)
