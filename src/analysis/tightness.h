/* analysis/tightness: how tight the classes are in a space of states, as one number.
 *
 *     tightness = trace(mean over classes of the within-class covariance) / trace(covariance of class means)
 *
 * Both covariances are population ones (divided by n); every class counts the same, however many samples it
 * has. The quotient does not change when the states are scaled, shifted or rotated; smaller is tighter. A
 * newcomer's mistake: comparing within-class variances alone, which any rescaling of the layer changes. */
#ifndef ANALYSIS_TIGHTNESS_H
#define ANALYSIS_TIGHTNESS_H

#include "analysis/states.h"

/* Needs two classes with samples whose means differ. */
mixup_status tightness(const states *in, double *ratio);

#endif
