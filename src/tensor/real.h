/* tensor/real: the type that the engine-side parts compute in. `float`; `double` in the build of the
 * reference engine that the tests use for finite differences and for traces against double-precision PyTorch.
 */
#ifndef TENSOR_REAL_H
#define TENSOR_REAL_H

#ifdef MIXUP_DOUBLE
typedef double real;
#else
typedef float real;
#endif

#endif
