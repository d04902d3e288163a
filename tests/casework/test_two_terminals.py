"""Two terminals on one data folder, and a process that is killed: no acknowledged step is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from certdoctor.casework.practice import Practice
from tests.casework.conftest import Clock

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


def test_two_practices_see_each_other(data: Path, clock: Clock) -> None:
    one, two = Practice(data, clock, "kim"), Practice(data, clock, "robin")
    case = one.open_case(one.create_site("Example Ltd", "HQ").id, "Zone down")
    two.tick(case.id, "CHN-01-1", "add", True)
    one.add_note(case.id, "from one")
    two.add_note(case.id, "from two")
    for practice in (one, two):
        view = practice.case(case.id)
        assert [(s.step, s.done, s.who) for s in view.steps] == [("add", True, "robin")]
        assert [(n.text, n.who) for n in view.notes] == [("from one", "kim"), ("from two", "robin")]
    two.close_case(case.id, "done")
    assert one.case(case.id).case.state == "closed"
    one.close()
    two.close()


def test_threads_of_two_practices_lose_nothing(data: Path, clock: Clock) -> None:
    practices = [Practice(data, clock, who) for who in ("kim", "robin")]
    site = practices[0].create_site("Example Ltd", "HQ").id
    case = practices[0].open_case(site, "Zone down").id
    failures: list[BaseException] = []

    def work(practice: Practice, name: str) -> None:
        try:
            for number in range(8):
                practice.tick(case, name, str(number), True)
                practice.add_note(case, f"{name} {number}")
                practice.case(case)
        except BaseException as error:
            failures.append(error)
            raise

    threads = [
        threading.Thread(target=work, args=(practice, f"{index}{letter}"))
        for index, practice in enumerate(practices)
        for letter in "abc"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    view = practices[0].case(case)
    assert len(view.steps) == len(view.notes) == 6 * 8
    assert len(practices[1].site(site).events) == 2 + 2 * 6 * 8
    for practice in practices:
        practice.close()


def test_two_terminals_start_on_an_empty_folder_at_once(tmp_path: Path) -> None:
    """Both find no database; one makes it, the other waits."""
    code = (
        "import sys; from pathlib import Path; from certdoctor.casework.practice import Practice; "
        "from tests.pki import NOW; p = Practice(Path(sys.argv[1]), lambda: NOW, 'kim'); "
        "assert p.notice == '', p.notice; p.create_site('Example Ltd', sys.argv[2]); p.close()"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "data"), name], env=ENVIRONMENT, stderr=subprocess.PIPE
        )
        for name in "abc"
    ]
    assert [process.communicate()[1] for process in started] == [b"", b"", b""]
    practice = Practice(tmp_path / "data", Clock())
    assert [site.name for site in practice.sites()] == ["a", "b", "c"]
    practice.close()


WORKER = """
import sys
from pathlib import Path
from certdoctor.casework.practice import Practice
from tests.casework import folders
from tests.pki import NOW

practice = Practice(Path(sys.argv[1]), lambda: NOW, "kim")
case = practice.open_case(practice.create_site("Example Ltd", "HQ").id, "Zone down").id
print("ready", flush=True)
number = 0
while True:
    practice.tick(case, "CHN-01-1", str(number), True)
    practice.add_note(case, f"note {number}")
    practice.add_text(case, folders.EXPC.pem + f"comment {number}\\n")
    print(number, flush=True)
    number += 1
"""


@pytest.mark.parametrize("after", [0, 1, 4])
def test_a_kill_loses_nothing_that_was_acknowledged(data: Path, clock: Clock, after: int) -> None:
    command = [sys.executable, "-c", WORKER, str(data)]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        for _ in range(after):
            worker.stdout.readline()
        worker.send_signal(signal.SIGKILL)  # somewhere in the next round
        rest = worker.stdout.read().splitlines()
    acknowledged = after + len(rest)

    practice = Practice(data, clock)
    assert practice.notice == ""
    view = practice.case(1)
    done = {step.step for step in view.steps}
    notes = [note.text for note in view.notes]
    assert done >= {str(n) for n in range(acknowledged)}
    assert notes[:acknowledged] == [f"note {n}" for n in range(acknowledged)]
    assert len(view.evidence) >= acknowledged
    # Nothing is half done: each kept step has its line in the history, and no line is without its step.
    events = [event.kind for event in practice.site(view.case.site_id).events]
    assert events.count("step done") == len(done)
    assert events.count("note") == len(notes)
    assert events.count("evidence added") == len(view.evidence)
    practice.close()
