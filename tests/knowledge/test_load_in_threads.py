"""Two threads of the app load the knowledge at once, in a fresh process: msgspec alone would crash there."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import threading
from certdoctor import resources
from certdoctor.knowledge.load import load
rules, kb = resources.folder("rules"), resources.folder("kb")
start, found = threading.Barrier(4), []
def run():
    start.wait()
    found.append(len(load(rules, kb).rules))
threads = [threading.Thread(target=run) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(found) == 4 and len(set(found)) == 1, found
"""


def test_loading_in_threads_never_crashes() -> None:
    for _round in range(3):
        done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
