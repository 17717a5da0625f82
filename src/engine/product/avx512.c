/* engine/product/avx512: the kernels for AVX-512 F. Compiled with these instructions allowed: nothing of it
 * may run before product_find has found them. */
#include "engine/product/vector_avx512.h"

#include "engine/product/kernel_body.h"

#define ROW(rows) OUTER(rows, 1) OUTER(rows, 2) OUTER(rows, 3) OUTER(rows, 4)
#define ALL_OUTER ROW(1) ROW(2) ROW(3) ROW(4) ROW(5) ROW(6)
#define ALL_INNER INNER(1) INNER(2) INNER(3) INNER(4) INNER(5) INNER(6)

#define OUTERS(rows)                                                                                         \
    { outer_##rows##_1, outer_##rows##_2, outer_##rows##_3, outer_##rows##_4 }
#define GRADIENTS(rows)                                                                                      \
    { gradient_##rows##_1, gradient_##rows##_2, gradient_##rows##_3, gradient_##rows##_4 }
#define INNERS(rows)                                                                                         \
    { inner_##rows##_4, inner_##rows##_1 }

ALL_OUTER ALL_INNER const product_kernels product_avx512 = {
    .name = "avx512",
    .lanes = LANES,
    .vectors = VECTORS,
    .rows = ROWS,
    .inner_rows = INNER_ROWS,
    .outer = {OUTERS(1), OUTERS(2), OUTERS(3), OUTERS(4), OUTERS(5), OUTERS(6)},
    .gradient = {GRADIENTS(1), GRADIENTS(2), GRADIENTS(3), GRADIENTS(4), GRADIENTS(5), GRADIENTS(6)},
    .inner = {INNERS(1), INNERS(2), INNERS(3), INNERS(4), INNERS(5), INNERS(6)},
    .pack = pack,
    .join = join,
};
