/* tensor/array: a plain row-major array of one of the stored element types, as files hold it. */
#ifndef TENSOR_ARRAY_H
#define TENSOR_ARRAY_H

#include "base/memory.h"
#include "tensor/shape.h"

typedef struct array {
    mixup_type type;
    shape shape; /* all dimensions, the first one (samples) included */
    void *data;  /* [..shape] in the machine's byte order */
} array;

/* Bytes of an element, e.g. 4 for MIXUP_FLOAT32; 0 for an unknown type. */
size_t type_size(mixup_type type);

/* "float32", "uint8", ...; "unknown" for an unknown one. */
const char *type_name(mixup_type type);

/* Allocates zeroed data of out->type and out->shape, which the caller has set. */
mixup_status array_allocate(array *out, const mixup_allocator *allocator);
void array_clear(array *out, const mixup_allocator *allocator);

/* Converts `count` elements of `type` to float: out[i] = (float)(data[i]); no scaling. */
void array_to_float(mixup_type type, const void *data, size_t count, float *out);

/* Element `index` as double (an int64 beyond 2^53 is rounded). */
double array_element(mixup_type type, const void *data, size_t index);

#endif
