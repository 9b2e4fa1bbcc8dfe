"""How much processor time and memory a piece of code takes, whatever ran before it in the same process."""

import ctypes
import gc
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")


@dataclass
class Used:
    """What was used; known when the block has ended."""

    seconds: float = 0.0
    """Of the processor: what a busy machine changes least, neighbours on the same core do."""
    kibibytes: int = 0
    """How much more memory was in use at the worst moment than before."""


@contextmanager
def measured() -> Iterator[Used]:
    """Measure what happens inside."""
    used = Used()
    gc.collect()
    gc.freeze()  # what thousands of tests have loaded before is not walked through again and again
    if CLEAR.exists():
        _give_back_free_memory()
        CLEAR.write_text("5", encoding="ascii")  # proc(5): the peak counts again from what is in use now
    before, started = _peak(), time.process_time()
    try:
        yield used
    finally:
        gc.unfreeze()
    used.seconds = time.process_time() - started
    used.kibibytes = _peak() - before


def _peak() -> int:
    if not CLEAR.exists():  # no Linux: only a new record can be seen
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak // 1024 if sys.platform == "darwin" else peak
    line = next(line for line in STATUS.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1])


def _give_back_free_memory() -> None:
    """Memory that was freed and kept would be used again unseen."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc alone has it, and needs it
    if trim is not None:
        trim(0)
