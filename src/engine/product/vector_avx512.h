/* engine/product/vector_avx512: a vector of AVX-512, for kernel_body.h. 24 of the 32 registers hold 6 × 4
 * sums, 4 the panel's vectors, one a factor; with a seventh row compilers would keep a sum in memory. With
 * VECTOR_BF16 factors are pairs of bf16. */
#ifndef ENGINE_PRODUCT_VECTOR_H
#define ENGINE_PRODUCT_VECTOR_H

#include <immintrin.h>
#include <stddef.h>

#ifdef VECTOR_BF16
enum { TERMS = 2 };
#else
enum { TERMS = 1 };
#endif
#define VECTOR_REGISTERS 32
enum { LANES = 16, VECTORS = 4, ROWS = 6, INNER_ROWS = 6, INNER_PANELS = 16 };

typedef __m512 vec;
typedef __mmask16 vec_mask;

static inline vec vec_zero(void) {
    return _mm512_setzero_ps();
}

static inline vec vec_all(float x) {
    return _mm512_set1_ps(x);
}

static inline vec vec_load(const float *from) {
    return _mm512_loadu_ps(from);
}

static inline void vec_store(float *to, vec x) {
    _mm512_storeu_ps(to, x);
}

/* The first `count` lanes, 1 to all. */
static inline vec_mask vec_first(size_t count) {
    return (vec_mask)(0xffffU >> (LANES - count));
}

/* Zeros in the other lanes. */
static inline vec vec_load_masked(const float *from, vec_mask mask) {
    return _mm512_maskz_loadu_ps(mask, from);
}

static inline void vec_store_masked(float *to, vec_mask mask, vec x) {
    _mm512_mask_storeu_ps(to, mask, x);
}

static inline vec vec_add(vec a, vec b) {
    return _mm512_add_ps(a, b);
}

static inline vec vec_root(vec x) {
    return _mm512_sqrt_ps(x);
}

/* a × b + c */
static inline vec vec_factor_add(vec a, vec b, vec c) {
#ifdef VECTOR_BF16
    return _mm512_dpbf16_ps(c, (__m512bh)a, (__m512bh)b);
#else
    return _mm512_fmadd_ps(a, b, c);
#endif
}

/* by > 0 ? x : slope × x; where `by` is not a number, the second. */
static inline vec vec_leak(vec by, vec x, vec slope) {
    const __mmask16 leaks = _mm512_cmp_ps_mask(by, _mm512_setzero_ps(), _CMP_NGT_UQ);
    return _mm512_mask_mul_ps(x, leaks, x, slope);
}

/* Both halves added. */
static inline __m256 vec_to_eight(vec x) {
    const __m256 upper = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x), 1));
    return _mm256_add_ps(_mm512_castps512_ps256(x), upper);
}

#include "engine/product/vector_sums.h"

#endif
