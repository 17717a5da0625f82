/* engine/product/pieces: cutting counts into pieces. */
#ifndef ENGINE_PRODUCT_PIECES_H
#define ENGINE_PRODUCT_PIECES_H

#include <stddef.h>

static inline size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static inline size_t larger(size_t a, size_t b) {
    return a < b ? b : a;
}

static inline size_t quotient_up(size_t a, size_t b) {
    return (a + b - 1) / b;
}

static inline size_t multiple_up(size_t count, size_t unit) {
    return quotient_up(count, unit) * unit;
}

/* Where piece `i` of `n` nearly equal pieces of `count` begins. */
static inline size_t begin_of(size_t count, size_t i, size_t n) {
    return count * i / n;
}

#endif
