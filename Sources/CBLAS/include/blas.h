// Matrix products by OpenBLAS, on one BLAS thread. <cblas.h> stays in the .c file: as a clang
// module it clashes with GSL's.
#ifndef DSV3SIM_BLAS_H
#define DSV3SIM_BLAS_H

/// C = scale op(A) op(B) + keep C for row-major matrices: op(A) is [m, k], op(B) [k, n], C [m, n].
///
/// A product is computed by the calling thread alone, so that its bits do not depend on how many
/// run at once; callers make their own parts and run these in parallel.
void blas_sgemm(int transpose_a, int transpose_b, int m, int n, int k, float scale, const float *a,
                int stride_a, const float *b, int stride_b, float keep, float *c, int stride_c);

#endif
