"""`make bench`: start-up against a bare Textual app, an examination against its bare cost; logs and archives when named."""

from __future__ import annotations

import sys

from bench import archive, examination, large, logs, practice, replay, startup

_ALL = {
    "startup": startup.main,
    "examination": examination.main,
    "replay": replay.main,
    "large": large.main,
    "logs": logs.main,
    "archive": archive.main,
    "practice": practice.main,
}


def main() -> int:
    """Run the benchmarks named on the command line, or all."""
    chosen = sys.argv[1:] or ["startup", "examination", "replay"]
    for name in chosen:
        _ALL[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
