/* Ten training steps of a narrow PreActResNet-18 on every engine against PyTorch's in double. */
#include "support/residual.h"

/* Single precision through eighteen layers with batch norms, amplified by ten steps of training. */
static const double TOLERANCE = 1e-3;

static void every_engine_trains_a_residual_network_as_pytorch_does(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++)
        residual_check(network_engines[e], TOLERANCE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_engine_trains_a_residual_network_as_pytorch_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
