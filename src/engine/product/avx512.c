/* engine/product/avx512: the kernels for AVX-512 F. Compiled with these instructions allowed: nothing of it
 * may run before product_find has found them. */
#include "engine/product/vector_avx512.h"

#include "engine/product/kernel_pack.h"

#define KERNELS      product_avx512
#define KERNELS_NAME "avx512"
#include "engine/product/kernel_table.h"
