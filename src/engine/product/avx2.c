/* engine/product/avx2: the kernels for AVX2 with FMA. Compiled with these instructions allowed: nothing of it
 * may run before product_find has found them. */
#include "engine/product/vector_avx2.h"

#include "engine/product/kernel_pack.h"

#define ROW(rows) OUTER(rows, 1) OUTER(rows, 2)
#define ALL_OUTER ROW(1) ROW(2) ROW(3) ROW(4) ROW(5) ROW(6)
#define ALL_INNER INNER(1) INNER(2) INNER(3)

#define OUTERS(rows)                                                                                         \
    { outer_##rows##_1, outer_##rows##_2 }
#define GRADIENTS(rows)                                                                                      \
    { gradient_##rows##_1, gradient_##rows##_2 }
#define INNERS(rows)                                                                                         \
    { inner_##rows##_4, inner_##rows##_1 }

ALL_OUTER ALL_INNER const product_kernels product_avx2 = {
    .name = "avx2",
    .terms = TERMS,
    .lanes = LANES,
    .vectors = VECTORS,
    .rows = ROWS,
    .inner_rows = INNER_ROWS,
    .outer = {OUTERS(1), OUTERS(2), OUTERS(3), OUTERS(4), OUTERS(5), OUTERS(6)},
    .gradient = {GRADIENTS(1), GRADIENTS(2), GRADIENTS(3), GRADIENTS(4), GRADIENTS(5), GRADIENTS(6)},
    .inner = {INNERS(1), INNERS(2), INNERS(3)},
    .pack = pack,
    .join = join,
};
