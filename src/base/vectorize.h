/* base/vectorize: marks a function with hot loops, which the compiler then builds for several instruction
 * sets and chooses from when the program starts: by what the processor can do (a name such as arch=haswell
 * would ask for that model of Intel's alone). It asks the processor alone, not ONEDNN_MAX_CPU_ISA; so
 * there is VECTORIZED_WITHOUT_AVX512 to build what a benchmark compares on AVX2. */
#ifndef BASE_VECTORIZE_H
#define BASE_VECTORIZE_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&     \
    !defined(__SANITIZE_THREAD__)
#ifdef VECTORIZED_WITHOUT_AVX512
#define VECTORIZED __attribute__((target_clones("avx2", "default")))
#else
#define VECTORIZED __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#else
#define VECTORIZED
#endif

#endif
