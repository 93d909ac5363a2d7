// The parts of the GNU Scientific Library that Numerics calls. gsl_cblas.h stays out: it clashes
// with <cblas.h> when both are clang modules; OpenBLAS stands in for the slow reference BLAS.
#ifndef DSV3SIM_CGSL_SHIM_H
#define DSV3SIM_CGSL_SHIM_H

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_min.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <gsl/gsl_qrng.h>
#include <gsl/gsl_roots.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_lambert.h>
#include <gsl/gsl_sf_psi.h>

#endif
