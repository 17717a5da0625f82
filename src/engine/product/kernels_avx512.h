/* engine/product/kernels_avx512: the table of the kernels for AVX-512, named KERNELS; behind vector_avx512.h
 * and the packing that goes with it. */
#ifndef ENGINE_PRODUCT_KERNELS_AVX512_H
#define ENGINE_PRODUCT_KERNELS_AVX512_H

#include "engine/product/kernel_adam.h"

#define ROW(rows) OUTER(rows, 1) OUTER(rows, 2) OUTER(rows, 3) OUTER(rows, 4)
#define ALL_OUTER ROW(1) ROW(2) ROW(3) ROW(4) ROW(5) ROW(6)
#define ALL_INNER INNER(1) INNER(2) INNER(3) INNER(4) INNER(5) INNER(6)

#define OUTERS(rows)                                                                                         \
    { outer_##rows##_1, outer_##rows##_2, outer_##rows##_3, outer_##rows##_4 }
#define GRADIENTS(rows)                                                                                      \
    { gradient_##rows##_1, gradient_##rows##_2, gradient_##rows##_3, gradient_##rows##_4 }
#define INNERS(rows)                                                                                         \
    { inner_##rows##_4, inner_##rows##_1 }

ALL_OUTER ALL_INNER const product_kernels KERNELS = {
    .name = KERNELS_NAME,
    .terms = TERMS,
    .lanes = LANES,
    .vectors = VECTORS,
    .rows = ROWS,
    .inner_rows = INNER_ROWS,
    .outer = {OUTERS(1), OUTERS(2), OUTERS(3), OUTERS(4), OUTERS(5), OUTERS(6)},
    .gradient = {GRADIENTS(1), GRADIENTS(2), GRADIENTS(3), GRADIENTS(4), GRADIENTS(5), GRADIENTS(6)},
    .adam = adam,
    .gradient_beside_adam = gradient_beside_adam,
    .inner = {INNERS(1), INNERS(2), INNERS(3), INNERS(4), INNERS(5), INNERS(6)},
    .pack = pack,
    .join = join,
};

#endif
