#include "blas.h"

#include <cblas.h>

// BLAS threads spin against each other on a busy machine, and their number changes last bits.
__attribute__((constructor)) static void use_one_thread(void) { openblas_set_num_threads(1); }

void blas_sgemm(int transpose_a, int transpose_b, int m, int n, int k, float scale, const float *a,
                int stride_a, const float *b, int stride_b, float keep, float *c, int stride_c) {
  cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
              transpose_b ? CblasTrans : CblasNoTrans, m, n, k, scale, a, stride_a, b, stride_b,
              keep, c, stride_c);
}
