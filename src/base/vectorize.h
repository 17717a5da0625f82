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

/* The same for loops with products of 64 bits: AVX512DQ, which is part of x86-64-v4, has an instruction for
 * them, where compilers otherwise make each from three products of 32 bits. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12 &&                     \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(VECTORIZED_WITHOUT_AVX512)
#define VECTORIZED_PRODUCTS __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define VECTORIZED_PRODUCTS VECTORIZED
#endif

#endif
