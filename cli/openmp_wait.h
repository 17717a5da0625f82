/* openmp_wait: how long OpenMP's threads wait awake for each other.
 *
 * oneDNN divides each of its primitives among OpenMP's threads, and GCC's OpenMP lets whoever is done wait
 * awake for some milliseconds, about a time slice. On a machine with other work to do, the thread that is
 * waited for may have no core meanwhile: a step of a small convolutional network then takes up to ten times
 * as long as it must. Threads that soon fall asleep lose tens of microseconds where nothing else runs, and
 * far less where something does.
 *
 * The library leaves this to its caller (mixup.h, "Threads"): it is a setting of the whole process, read from
 * the environment before the program begins. */
#ifndef CLI_OPENMP_WAIT_H
#define CLI_OPENMP_WAIT_H

/* Where the user has not set how to wait, runs the program anew with a short wait set in its environment:
 * then it does not return. Call it before anything is read or written. Where that cannot be done, nothing has
 * changed. */
void openmp_wait_briefly(char **argv);

#endif
