/* engine/dnnl/winograd_avx512: Winograd's loops for 16 lanes (compiled for AVX-512F, cmake/parts.cmake). */
#define LANES         16
#define LANES_KERNELS winograd_avx512
#define STATES_BF16   0
#define ROWS_TOGETHER 12 /* × 2 of 32 registers */
#define ROWS_SINGLE   12
#define SUMS_TOGETHER 8
#define SUMS_SINGLE   8
#include "engine/dnnl/winograd_lanes.h"
