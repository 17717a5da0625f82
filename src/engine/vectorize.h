/* engine/vectorize: marks a function with hot loops, which the compiler then builds for several instruction
 * sets and chooses from when the program starts. */
#ifndef ENGINE_VECTORIZE_H
#define ENGINE_VECTORIZE_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&     \
    !defined(__SANITIZE_THREAD__)
#define ENGINE_VECTORIZED __attribute__((target_clones("avx512f", "arch=haswell", "default")))
#else
#define ENGINE_VECTORIZED
#endif

#endif
