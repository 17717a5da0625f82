/* engine/product/vector_sums: sums over the lanes of a vector, for the vectors of this folder: what
 * vec_to_eight leaves is added up as ((0+1) + (2+3)) + ((4+5) + (6+7)), alone or four vectors at a time. */
#ifndef ENGINE_PRODUCT_VECTOR_SUMS_H
#define ENGINE_PRODUCT_VECTOR_SUMS_H

static inline float vec_sum(vec x) {
    const __m256 eight = vec_to_eight(x);
    const __m256 pairs = _mm256_hadd_ps(eight, eight);
    const __m256 quads = _mm256_hadd_ps(pairs, pairs);
    return _mm_cvtss_f32(_mm_add_ss(_mm256_castps256_ps128(quads), _mm256_extractf128_ps(quads, 1)));
}

static inline __m128 vec_four_sums(const vec x[4]) {
    const __m256 low = _mm256_hadd_ps(vec_to_eight(x[0]), vec_to_eight(x[1]));
    const __m256 high = _mm256_hadd_ps(vec_to_eight(x[2]), vec_to_eight(x[3]));
    const __m256 quads = _mm256_hadd_ps(low, high);
    return _mm_add_ps(_mm256_castps256_ps128(quads), _mm256_extractf128_ps(quads, 1));
}

#endif
