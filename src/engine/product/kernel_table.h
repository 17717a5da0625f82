/* engine/product/kernel_table: the table of the kernels of an instruction set, named KERNELS; behind its
 * vector_*.h and the packing that goes with it. How many kernels there are depends on VECTOR_REGISTERS. */
#ifndef ENGINE_PRODUCT_KERNEL_TABLE_H
#define ENGINE_PRODUCT_KERNEL_TABLE_H

#include "engine/product/kernel_body.h"

#define INNERS(rows)                                                                                         \
    { inner_##rows##_4, inner_##rows##_1 }

#if VECTOR_REGISTERS == 32
#include "engine/product/kernel_adam.h"

#define ROW(rows) OUTER(rows, 1) OUTER(rows, 2) OUTER(rows, 3) OUTER(rows, 4)
#define OF_VECTORS(kernel, rows)                                                                             \
    { kernel##_##rows##_1, kernel##_##rows##_2, kernel##_##rows##_3, kernel##_##rows##_4 }
#define ALL_INNER INNER(1) INNER(2) INNER(3) INNER(4) INNER(5) INNER(6)
#define OF_INNER                                                                                             \
    { INNERS(1), INNERS(2), INNERS(3), INNERS(4), INNERS(5), INNERS(6) }
#define ADAM        adam
#define BESIDE_ADAM gradient_beside_adam
#else
#define ROW(rows) OUTER(rows, 1) OUTER(rows, 2)
#define OF_VECTORS(kernel, rows)                                                                             \
    { kernel##_##rows##_1, kernel##_##rows##_2 }
#define ALL_INNER INNER(1) INNER(2) INNER(3)
#define OF_INNER                                                                                             \
    { INNERS(1), INNERS(2), INNERS(3) }
#define ADAM        NULL
#define BESIDE_ADAM NULL
#endif

#define ALL_OUTER ROW(1) ROW(2) ROW(3) ROW(4) ROW(5) ROW(6)
#define OF_ROWS(kernel)                                                                                      \
    {                                                                                                        \
        OF_VECTORS(kernel, 1), OF_VECTORS(kernel, 2), OF_VECTORS(kernel, 3), OF_VECTORS(kernel, 4),          \
            OF_VECTORS(kernel, 5), OF_VECTORS(kernel, 6)                                                     \
    }

ALL_OUTER ALL_INNER const product_kernels KERNELS = {
    .name = KERNELS_NAME,
    .terms = TERMS,
    .lanes = LANES,
    .vectors = VECTORS,
    .rows = ROWS,
    .inner_rows = INNER_ROWS,
    .inner_panels = INNER_PANELS,
    .outer = OF_ROWS(outer),
    .gradient = OF_ROWS(gradient),
    .adam = ADAM,
    .gradient_beside_adam = BESIDE_ADAM,
    .inner = OF_INNER,
    .pack = pack,
    .join = join,
};

#endif
