/* engine/product/avx2: the kernels for AVX2 with FMA. Compiled with these instructions allowed: nothing of it
 * may run before product_find has found them. */
#include "engine/product/vector_avx2.h"

#include "engine/product/kernel_pack.h"

#define KERNELS      product_avx2
#define KERNELS_NAME "avx2"
#include "engine/product/kernel_table.h"
