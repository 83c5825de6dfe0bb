"""Lets numpy's linear algebra use what the processor has.

numpy 1.24 (the newest that Rasa's TensorFlow takes) brings an OpenBLAS of 2022. On a processor that is younger than
itself it may fall back to the kernels of 2004, and the sentence encoder then takes two to three times as long. OpenBLAS
lets itself be told, by an environment variable, but only before numpy is imported.
"""

import os
import platform
import sys
from pathlib import Path

_SWITCH = "OPENBLAS_CORETYPE"
_CPU_INFO = Path("/proc/cpuinfo")
#: Kernels by what they need, the best first. OpenBLAS's own names.
_KERNELS = (
    ("SkylakeX", {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl", "fma"}),
    ("Haswell", {"avx2", "fma"}),
)


def use_fast_kernels() -> None:
    """Chooses the kernels for this processor, unless numpy is loaded, somebody chose, or it cannot be known."""
    if "numpy" in sys.modules or _SWITCH in os.environ or platform.machine() != "x86_64" or not _CPU_INFO.is_file():
        return
    chosen = best_kernels(_CPU_INFO.read_text(encoding="ascii", errors="replace"))
    if chosen is not None:
        os.environ[_SWITCH] = chosen


def best_kernels(cpu_info: str) -> str | None:
    """The kernels that the processor of a `/proc/cpuinfo` can run; None where the plain ones are right."""
    flags: set[str] = set()
    for line in cpu_info.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "flags":
            flags = set(value.split())
            break
    return next((name for name, needed in _KERNELS if needed <= flags), None)
