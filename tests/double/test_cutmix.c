/* CutMix at the input and on feature maps, both sides in double: what is left is the order of summation. */
#include "support/cutmix.h"

static const double TOLERANCE = 1e-10;

static void the_reference_engine_trains_with_cutmix_as_pytorch_does_in_double(void **state) {
    (void)state;
    cutmix_check(MIXUP_ENGINE_REFERENCE, TOLERANCE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_engine_trains_with_cutmix_as_pytorch_does_in_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
