/* Fifty training steps of the demonstration bottleneck_2, both sides in double: what is left is the order of
 * summation, which training amplifies from 1e-15. */
#include "support/trace.h"

static double tolerance(size_t step) {
    (void)step;
    return 1e-9;
}

static void the_reference_engine_trains_bottleneck_2_as_pytorch_does_in_double(void **state) {
    (void)state;
    trace_check(MIXUP_ENGINE_REFERENCE, TRACE_STEPS, "losses_double", tolerance);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_engine_trains_bottleneck_2_as_pytorch_does_in_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
