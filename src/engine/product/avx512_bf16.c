/* engine/product/avx512_bf16: the kernels for AVX-512 with BF16, whose factors are pairs of bf16: twice the
 * products in the same time. Compiled with these instructions allowed: nothing of it may run before
 * product_find has found them. */
#define VECTOR_BF16
#include "engine/product/vector_avx512.h"

#include "engine/product/kernel_pack_bf16.h"

#define KERNELS      product_avx512_bf16
#define KERNELS_NAME "avx512_bf16"
#include "engine/product/kernel_table.h"
