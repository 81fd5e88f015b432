"""``python -m netmon.cli`` is ``netmon``."""

import sys

from netmon.cli import main

sys.exit(main())
