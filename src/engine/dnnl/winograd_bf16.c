/* engine/dnnl/winograd_bf16: Winograd's loops for 16 lanes and states in bf16 (compiled for AVX-512F,
 * cmake/parts.cmake). What they gain is memory and its traffic; products stay in float, because the transform
 * back multiplies the rounding of its factors. */
#define LANES         16
#define LANES_KERNELS winograd_bf16
#define STATES_BF16   1
#define ROWS_TOGETHER 12 /* × 2 of 32 registers */
#define ROWS_SINGLE   12
#define SUMS_TOGETHER 8
#define SUMS_SINGLE   8
#include "engine/dnnl/winograd_lanes.h"
