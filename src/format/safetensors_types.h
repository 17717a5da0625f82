/* format/safetensors_types: what reading and writing safetensors share. */
#ifndef FORMAT_SAFETENSORS_TYPES_H
#define FORMAT_SAFETENSORS_TYPES_H

#include "mixup.h"

enum { SAFETENSORS_MAX_HEADER = 100000000 }; /* bytes; the limit of the format's own library */

/* "F32", ... by mixup_type. */
extern const char *const safetensors_type_codes[MIXUP_TYPE_COUNT];

#endif
