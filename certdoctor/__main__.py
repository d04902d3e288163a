"""`python -m certdoctor` is the same as the `certdoctor` command."""

import sys

from certdoctor.cli import main

sys.exit(main())
