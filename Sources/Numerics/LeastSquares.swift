// Nonlinear least squares by GSL's trust-region Levenberg-Marquardt method, with derivatives by
// finite differences.

@preconcurrency import CGSL

/// The function that GSL's C function calls.
private final class Residuals {
  let function: ([Double], inout [Double]) -> Void

  init(_ function: @escaping ([Double], inout [Double]) -> Void) { self.function = function }
}

/// The point near a start with the least sum of squared residuals.
///
/// - Parameters:
///   - start: the first point; returned if GSL can make no step.
///   - count: number of residuals, at least the number of coordinates.
///   - function: writes the residuals at a point.
package func leastSquares(
  from start: [Double], residuals count: Int, _ function: ([Double], inout [Double]) -> Void
) -> [Double] {
  precondition(count >= start.count, "fewer residuals than coordinates")
  return withoutActuallyEscaping(function) { function in
    let closure = Residuals(function)
    return withExtendedLifetime(closure) { solve(closure, from: start, count) }
  }
}

private func solve(_ residuals: Residuals, from start: [Double], _ count: Int) -> [Double] {
  var parameters = gsl_multifit_nlinear_default_parameters()
  parameters.scale = gsl_multifit_nlinear_scale_levenberg
  guard returnsErrors,
    let workspace = gsl_multifit_nlinear_alloc(
      gsl_multifit_nlinear_trust, &parameters, count, start.count),
    let first = gsl_vector_alloc(start.count)
  else { return start }
  defer {
    gsl_multifit_nlinear_free(workspace)
    gsl_vector_free(first)
  }
  for (place, value) in start.enumerated() { gsl_vector_set(first, place, value) }
  var system = gsl_multifit_nlinear_fdf()
  system.f = { point, closure, output in
    guard let point, let closure, let output else { return Int32(GSL_EFAULT) }
    let residuals = Unmanaged<Residuals>.fromOpaque(closure).takeUnretainedValue()
    var values = Array(repeating: 0.0, count: output.pointee.size)
    residuals.function((0..<point.pointee.size).map { gsl_vector_get(point, $0) }, &values)
    for (place, value) in values.enumerated() { gsl_vector_set(output, place, value) }
    return Int32(GSL_SUCCESS)
  }
  system.n = count
  system.p = start.count
  system.params = Unmanaged.passUnretained(residuals).toOpaque()
  guard gsl_multifit_nlinear_init(first, &system, workspace) == Int32(GSL_SUCCESS) else {
    return start
  }
  var reason: Int32 = 0
  gsl_multifit_nlinear_driver(200, 1e-8, 1e-8, 0, nil, nil, &reason, workspace)
  guard let solution = gsl_multifit_nlinear_position(workspace) else { return start }
  return start.indices.map { gsl_vector_get(solution, $0) }
}
