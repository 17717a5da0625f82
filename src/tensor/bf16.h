/* tensor/bf16: the type bfloat16, the upper half of a float: its sign, its 8 bits of exponent, 7 bits of
 * mantissa. For storage: arithmetic is that of floats. Without branches, so that loops become vectors. */
#ifndef TENSOR_BF16_H
#define TENSOR_BF16_H

#include <stdint.h>
#include <string.h>

typedef uint16_t bf16;

static inline float bf16_to_float(bf16 value) {
    const uint32_t bits = (uint32_t)value << 16;
    float wide;
    memcpy(&wide, &bits, sizeof wide);
    return wide;
}

/* To the nearest, halfway to even. A NaN stays one: rounding up might carry it into infinity or beyond. */
static inline bf16 bf16_from_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t rounded = bits + 0x7fff + (bits >> 16 & 1);
    const uint32_t quiet = bits | 0x400000;
    return (bf16)((value == value ? rounded : quiet) >> 16);
}

#endif
