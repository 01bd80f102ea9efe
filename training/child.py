"""The training process: `python -m training.child JOB_DIR`, started by `training.runner`.

Its standard input is a pipe whose other end only the supervisor holds: when that process dies, by
whatever means, the pipe closes and this one ends too. No orphan trains on.
"""

import os
import sys
import threading
from pathlib import Path

from training.job import depth_of

ORPHANED = 75
"""Exit status when the supervisor is gone (EX_TEMPFAIL)."""
NICENESS = 5
"""Below reading and the web, whose users wait."""


def end_with_supervisor() -> None:
    """Leave at once, half-made files and all: the store knows only what was renamed into it."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(ORPHANED)


def main() -> int:
    """Watch the supervisor in a thread, and train."""
    os.nice(NICENESS)
    threading.Thread(target=end_with_supervisor, daemon=True).start()
    # After the watch: Paddle takes seconds to load.
    if depth_of(Path(sys.argv[1])) == "network":
        from training.network_trainer import run as work
    else:
        from training.trainer import run as work
    from training.trainer import main as train

    return train(sys.argv[1:], work)


if __name__ == "__main__":
    sys.exit(main())
