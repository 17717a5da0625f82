/* engine/product/avx2: the kernels for AVX2 with FMA. Compiled with these instructions allowed: nothing of it
 * may run before product_find has found them. */
#include "engine/product/vector_avx2.h"

#include "engine/product/kernel_body.h"

#define ROW(rows) OUTER(rows, 1) OUTER(rows, 2)
#define ALL       ROW(1) ROW(2) ROW(3) ROW(4) ROW(5) ROW(6) INNER(1) INNER(2) INNER(3)

/* clang-format off: takes this for a type */
ALL
/* clang-format on */

#define OUTERS(rows)                                                                                         \
    { outer_##rows##_1, outer_##rows##_2 }
#define INNERS(rows)                                                                                         \
    { inner_##rows##_4, inner_##rows##_1 }

    const product_kernels product_avx2 = {
        .name = "avx2",
        .lanes = LANES,
        .vectors = VECTORS,
        .rows = ROWS,
        .inner_rows = INNER_ROWS,
        .outer = {OUTERS(1), OUTERS(2), OUTERS(3), OUTERS(4), OUTERS(5), OUTERS(6)},
        .inner = {INNERS(1), INNERS(2), INNERS(3)},
        .pack = pack,
};
