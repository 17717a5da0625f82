/* train/schedule: see schedule.h. */
#include "train/schedule.h"

#include <math.h>

mixup_status schedule_resolve(const mixup_schedule *given, mixup_schedule *out) {
    mixup_schedule s = *given;
    if ((unsigned)s.kind >= MIXUP_SCHEDULE_COUNT)
        return error(MIXUP_ERROR_ARGUMENT, "schedule.kind is %d, which is no mixup_schedule_kind",
                     (int)s.kind);
    if (s.factor == 0.0f)
        s.factor = 0.1f;
    if (s.patience == 0)
        s.patience = 10;
    if (!(s.factor > 0.0f && s.factor < 1.0f))
        return error(MIXUP_ERROR_ARGUMENT,
                     "schedule.factor is %g; it must lie between 0 and 1, both excluded", (double)s.factor);
    if (!(isfinite(s.minimum) && s.minimum >= 0.0f))
        return error(MIXUP_ERROR_ARGUMENT, "schedule.minimum is %g; it must be at least 0 and finite",
                     (double)s.minimum);
    if (s.kind == MIXUP_SCHEDULE_STEP && s.period == 0)
        return error(MIXUP_ERROR_ARGUMENT,
                     "schedule.period is missing; give the number of epochs between drops");
    if (s.kind == MIXUP_SCHEDULE_MULTI_STEP && (s.epoch_count == 0 || s.epochs == NULL))
        return error(MIXUP_ERROR_ARGUMENT, "schedule.epochs is missing; list the epochs after which to drop");
    for (size_t i = 1; s.kind == MIXUP_SCHEDULE_MULTI_STEP && i < s.epoch_count; i++)
        if (s.epochs[i] <= s.epochs[i - 1])
            return error(MIXUP_ERROR_ARGUMENT, "schedule.epochs[%zu] is %zu; it must be above %zu before it",
                         i, s.epochs[i], s.epochs[i - 1]);
    *out = s;
    return MIXUP_OK;
}

/* The rate before warm-up and minimum. */
static double plain_rate(const mixup_schedule *schedule, double base, const schedule_position *at,
                         const schedule_plateau *plateau) {
    const double factor = (double)schedule->factor;
    switch (schedule->kind) {
    case MIXUP_SCHEDULE_STEP: {
        const size_t drops = at->epoch / schedule->period;
        return base * pow(factor, (double)drops);
    }
    case MIXUP_SCHEDULE_MULTI_STEP: {
        double rate = base;
        for (size_t i = 0; i < schedule->epoch_count && schedule->epochs[i] <= at->epoch; i++)
            rate *= factor;
        return rate;
    }
    case MIXUP_SCHEDULE_COSINE: { /* Loshchilov & Hutter 2017, one period, per step */
        const double pi = 3.14159265358979323846;
        const double low = (double)schedule->minimum;
        const double share = (double)at->step / ((double)at->epochs * (double)at->epoch_steps);
        return low + (base - low) * 0.5 * (1.0 + cos(pi * share));
    }
    case MIXUP_SCHEDULE_PLATEAU:
        return base * plateau->scale;
    case MIXUP_SCHEDULE_CONSTANT:
    case MIXUP_SCHEDULE_COUNT:
        break;
    }
    return base;
}

double schedule_rate(const mixup_schedule *schedule, double base, const schedule_position *at,
                     const schedule_plateau *plateau) {
    const double low = (double)schedule->minimum < base ? (double)schedule->minimum : base;
    const double rate = fmax(plain_rate(schedule, base, at, plateau), low);
    if (at->step < schedule->warm_up_steps)
        return rate * (double)(at->step + 1) / (double)schedule->warm_up_steps;
    return rate;
}

void schedule_watch(const mixup_schedule *schedule, double loss, schedule_plateau *plateau) {
    if (loss < plateau->best) {
        plateau->best = loss;
        plateau->bad_epochs = 0;
    } else if (++plateau->bad_epochs >= schedule->patience) {
        plateau->scale *= (double)schedule->factor;
        plateau->bad_epochs = 0;
    }
}
