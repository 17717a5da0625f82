"""Keeps the matrix products of TensorFlow's XLA to AVX2, for which it has no switch.

XLA's flag limits what it compiles itself, but it leaves dense products to YNNPACK, which asks the processor and takes
its kernels for AVX-512 all the same (seen by sampling: 36 % of a step of bottleneck_2 with the flag). Without YNNPACK
(--xla_cpu_experimental_ynn_fusion_type=) XLA packs and multiplies by Eigen, in nearly twice the time, which no machine
would choose. So the answer that YNNPACK keeps of what the processor can do is cut down in memory, and it takes the
kernels that it has for a processor with AVX2. Looking for the answer's place adds two seconds to the first step. The
names are those of the pinned version; where they are missing this fails rather than measure something else.
"""

import ctypes
import subprocess

LIBRARY = "libtensorflow_cc.so.2"
QUESTION = "_ZN3ynn24get_supported_arch_flagsEv"  # ynn::get_supported_arch_flags()
ANSWER = "_ZZN3ynn24get_supported_arch_flagsEvE5flags"  # the variable in which it keeps its answer
UP_TO_AVX2 = 0x7f  # the bits of SSE2, SSSE3, SSE4.1, AVX, F16C, AVX2 and FMA3; those of AVX-512 and AMX are higher


def loaded():
    """The library's path and the address at which it was loaded."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        for line in maps:
            words = line.split()
            if words[-1].endswith("/" + LIBRARY) and int(words[2], 16) == 0:
                return words[-1], int(words[0].split("-")[0], 16)
    raise RuntimeError(f"{LIBRARY} is not loaded")


def keep_to_avx2():
    """To be called after TensorFlow is imported and before it computes."""
    path, base = loaded()
    address = {}
    with subprocess.Popen(["nm", path], stdout=subprocess.PIPE, text=True) as listing:
        for line in listing.stdout:  # a line at a time: all of them would show in the peer's peak memory
            words = line.split()
            if words[-1] in (QUESTION, ANSWER):
                address[words[-1]] = base + int(words[0], 16)
    question = ctypes.CFUNCTYPE(ctypes.c_uint64)(address[QUESTION])
    found = question()
    ctypes.c_uint64.from_address(address[ANSWER]).value = found & UP_TO_AVX2
    if question() != found & UP_TO_AVX2:
        raise RuntimeError("YNNPACK still sees more than AVX2")
