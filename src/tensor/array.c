/* tensor/array: see array.h. The element types are one table; a new type is a new row and a case in
 * array_element and array_to_float. */
#include "tensor/array.h"

#include <math.h>
#include <string.h>

typedef struct type_row {
    const char *name; /* as NumPy calls it */
    size_t size;      /* bytes */
} type_row;

static const type_row types[MIXUP_TYPE_COUNT] = {
    [MIXUP_FLOAT32] = {"float32", 4}, [MIXUP_UINT8] = {"uint8", 1}, [MIXUP_INT8] = {"int8", 1},
    [MIXUP_INT16] = {"int16", 2},     [MIXUP_INT32] = {"int32", 4}, [MIXUP_INT64] = {"int64", 8},
    [MIXUP_FLOAT64] = {"float64", 8}, [MIXUP_BOOL] = {"bool", 1},   [MIXUP_FLOAT16] = {"float16", 2},
    [MIXUP_UINT16] = {"uint16", 2},
};

static bool known(mixup_type type) {
    return (unsigned)type < MIXUP_TYPE_COUNT;
}

size_t type_size(mixup_type type) {
    return known(type) ? types[type].size : 0;
}

const char *type_name(mixup_type type) {
    return known(type) ? types[type].name : "unknown";
}

mixup_status array_allocate(array *out, const mixup_allocator *allocator) {
    const size_t size = type_size(out->type);
    if (size == 0)
        return error(MIXUP_ERROR_ARGUMENT, "array: element type %d does not exist (0 to %d do)",
                     (int)out->type, MIXUP_TYPE_COUNT - 1);
    size_t count = 1;
    for (size_t i = 0; i < out->shape.rank; i++)
        MIXUP_TRY(memory_product(count, out->shape.sizes[i], &count));
    void *data = memory_allocate(allocator, count, size);
    if (data == NULL)
        return MIXUP_ERROR_MEMORY;
    out->data = data;
    return MIXUP_OK;
}

void array_clear(array *out, const mixup_allocator *allocator) {
    const mixup_allocator hooks = memory_allocator(allocator);
    memory_release(&hooks, out->data);
    *out = (array){0};
}

/* IEEE 754 binary16: 1 bit sign, 5 bits exponent (bias 15), 10 bits fraction. Every value fits a float. */
static float float_from_half(uint16_t half) {
    const uint32_t exponent = (half >> 10) & 0x1FU;
    const uint32_t fraction = half & 0x3FFU;
    const uint32_t sign = (uint32_t)(half & 0x8000U) << 16;
    if (exponent == 0) {
        const float value = (float)fraction * 0x1p-24F; /* zero or subnormal */
        return sign != 0 ? -value : value;
    }
    const uint32_t bits = sign | (exponent == 0x1FU ? 0x7F800000U : (exponent + 112U) << 23) | fraction << 13;
    float value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* One loop a type, so that each is plain enough to be vectorised. */
#define CONVERT(element)                                                                                     \
    do {                                                                                                     \
        const element *values = data;                                                                        \
        for (size_t i = 0; i < count; i++)                                                                   \
            out[i] = (float)values[i];                                                                       \
    } while (0)

void array_to_float(mixup_type type, const void *data, size_t count, float *out) {
    switch (type) {
    case MIXUP_FLOAT32:
        if (count > 0)
            memcpy(out, data, count * sizeof *out);
        return;
    case MIXUP_UINT8:
        CONVERT(uint8_t);
        return;
    case MIXUP_INT8:
        CONVERT(int8_t);
        return;
    case MIXUP_INT16:
        CONVERT(int16_t);
        return;
    case MIXUP_INT32:
        CONVERT(int32_t);
        return;
    case MIXUP_INT64:
        CONVERT(int64_t);
        return;
    case MIXUP_FLOAT64:
        CONVERT(double);
        return;
    case MIXUP_UINT16:
        CONVERT(uint16_t);
        return;
    case MIXUP_BOOL:
        for (size_t i = 0; i < count; i++)
            out[i] = ((const uint8_t *)data)[i] != 0 ? 1.0F : 0.0F;
        return;
    case MIXUP_FLOAT16:
        for (size_t i = 0; i < count; i++)
            out[i] = float_from_half(((const uint16_t *)data)[i]);
        return;
    case MIXUP_TYPE_COUNT:
        return;
    }
}

double array_element(mixup_type type, const void *data, size_t index) {
    switch (type) {
    case MIXUP_FLOAT32:
        return (double)((const float *)data)[index];
    case MIXUP_UINT8:
        return ((const uint8_t *)data)[index];
    case MIXUP_INT8:
        return ((const int8_t *)data)[index];
    case MIXUP_INT16:
        return ((const int16_t *)data)[index];
    case MIXUP_INT32:
        return ((const int32_t *)data)[index];
    case MIXUP_INT64:
        return (double)((const int64_t *)data)[index];
    case MIXUP_FLOAT64:
        return ((const double *)data)[index];
    case MIXUP_BOOL:
        return ((const uint8_t *)data)[index] != 0 ? 1.0 : 0.0;
    case MIXUP_FLOAT16:
        return (double)float_from_half(((const uint16_t *)data)[index]);
    case MIXUP_UINT16:
        return ((const uint16_t *)data)[index];
    case MIXUP_TYPE_COUNT:
        break;
    }
    return (double)NAN;
}
