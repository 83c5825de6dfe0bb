"""Which kernels a processor can run."""

import pytest

from bot.nlu.kernels import best_kernels

AVX512 = "avx2 fma avx512f avx512cd avx512bw avx512dq avx512vl"


@pytest.mark.parametrize(
    ("cpu_info", "kernels"),
    [
        (f"processor\t: 0\nflags\t\t: fpu sse2 {AVX512} amx_tile\n", "SkylakeX"),
        ("flags : fpu sse2 avx2 fma\n", "Haswell"),
        ("flags : fpu sse2 avx2 fma avx512f\n", "Haswell"),  # an early AVX-512 that lacks what the kernels need
        ("flags : fpu sse2 avx\n", None),
        ("Features : fp asimd\n", None),
        ("", None),
    ],
)
def test_best_kernels(cpu_info: str, kernels: str | None) -> None:
    assert best_kernels(cpu_info) == kernels
