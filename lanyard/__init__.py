"""The composition root: the command, the settings, and what only a running installation needs."""

from __future__ import annotations

import os

# Before numpy is loaded. Its sums here are of some thousand small rows: threads for them would cost three times the
# processor that they spare in time, and wait for each other on a machine with other work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
