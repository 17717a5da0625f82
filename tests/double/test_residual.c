/* Ten training steps of a narrow PreActResNet-18, both sides in double: what is left is the order of
 * summation, amplified by training. */
#include "support/residual.h"

static const double TOLERANCE = 1e-9;

static void the_reference_engine_trains_a_residual_network_as_pytorch_does_in_double(void **state) {
    (void)state;
    residual_check(MIXUP_ENGINE_REFERENCE, TOLERANCE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_engine_trains_a_residual_network_as_pytorch_does_in_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
