/* engine/dnnl/winograd_avx2: Winograd's loops for 8 lanes (compiled for AVX2 and FMA, cmake/parts.cmake). */
#define LANES         8
#define LANES_KERNELS winograd_avx2
#define STATES_BF16   0
#define ROWS_TOGETHER 6 /* × 2 of 16 registers */
#define ROWS_SINGLE   12
#define SUMS_TOGETHER 4
#define SUMS_SINGLE   8
#include "engine/dnnl/winograd_lanes.h"
