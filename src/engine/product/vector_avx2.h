/* engine/product/vector_avx2: a vector of AVX2 with FMA, for kernel_body.h. 16 registers hold 6 × 2 sums, the
 * panel's 2 vectors, and a factor. */
#ifndef ENGINE_PRODUCT_VECTOR_H
#define ENGINE_PRODUCT_VECTOR_H

#include <immintrin.h>
#include <stddef.h>

#define VECTOR_REGISTERS 16
enum { LANES = 8, VECTORS = 2, ROWS = 6, INNER_ROWS = 3, INNER_PANELS = 32, TERMS = 1 };

typedef __m256 vec;
typedef __m256i vec_mask;

static inline vec vec_zero(void) {
    return _mm256_setzero_ps();
}

static inline vec vec_all(float x) {
    return _mm256_set1_ps(x);
}

static inline vec vec_load(const float *from) {
    return _mm256_loadu_ps(from);
}

static inline void vec_store(float *to, vec x) {
    _mm256_storeu_ps(to, x);
}

/* The first `count` lanes, 1 to all. */
static inline vec_mask vec_first(size_t count) {
    const __m256i number = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), number);
}

/* Zeros in the other lanes. */
static inline vec vec_load_masked(const float *from, vec_mask mask) {
    return _mm256_maskload_ps(from, mask);
}

static inline void vec_store_masked(float *to, vec_mask mask, vec x) {
    _mm256_maskstore_ps(to, mask, x);
}

static inline vec vec_add(vec a, vec b) {
    return _mm256_add_ps(a, b);
}

/* a × b + c */
static inline vec vec_factor_add(vec a, vec b, vec c) {
    return _mm256_fmadd_ps(a, b, c);
}

/* by > 0 ? x : slope × x; where `by` is not a number, the second. */
static inline vec vec_leak(vec by, vec x, vec slope) {
    const vec keeps = _mm256_cmp_ps(by, _mm256_setzero_ps(), _CMP_GT_OQ);
    return _mm256_blendv_ps(_mm256_mul_ps(x, slope), x, keeps);
}

static inline __m256 vec_to_eight(vec x) {
    return x;
}

#include "engine/product/vector_sums.h"

#endif
