/* tests/support/bf16: whether this machine has bf16. A test that needs it and does not find it skips, and
 * says why. */
#ifndef SUPPORT_BF16_H
#define SUPPORT_BF16_H

#include "support/network.h"

/* MIXUP_OK, or why the fast engine cannot. */
static inline mixup_status bf16_status(void) {
    const mixup_allocator memory = memory_allocator(NULL);
    engine *made = NULL;
    network_ok(engine_create(&made, MIXUP_ENGINE_AUTO, 1, &memory));
    const mixup_status status = engine_set_precision(made, MIXUP_PRECISION_BF16);
    engine_destroy(made);
    return status;
}

static inline void bf16_or_skip(void) {
    if (bf16_status() == MIXUP_OK)
        return;
    print_message("skipped: %s\n", mixup_last_error());
    skip();
}

#endif
