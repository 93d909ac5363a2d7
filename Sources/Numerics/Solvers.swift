// Roots, minima and integrals of functions of one variable, by GSL's Brent solvers and adaptive
// Gauss-Kronrod quadrature. Functions are closures; GSL calls them through one C function.

// GSL declares its methods as variables, but never changes them.
@preconcurrency import CGSL

/// The closure that GSL's C function calls.
private final class Closure {
  let function: (Double) -> Double

  init(_ function: @escaping (Double) -> Double) { self.function = function }
}

/// Runs a body with a C function that calls a closure.
private func withCFunction<Result>(
  _ function: (Double) -> Double, _ body: (UnsafeMutablePointer<gsl_function>) -> Result
) -> Result {
  withoutActuallyEscaping(function) { function in
    let closure = Closure(function)
    return withExtendedLifetime(closure) {
      var cFunction = gsl_function(
        function: { value, closure in
          guard let closure else { return .nan }
          return Unmanaged<Closure>.fromOpaque(closure).takeUnretainedValue().function(value)
        }, params: Unmanaged.passUnretained(closure).toOpaque())
      return body(&cFunction)
    }
  }
}

/// A root of a continuous function between two points where its signs differ, by Brent's method.
///
/// - Parameters:
///   - low: the lower end.
///   - high: the upper end.
///   - relativeError: of the root; the default is near the limit of Double.
///   - function: the function, finite at both ends.
/// - Returns: nil if the signs do not differ.
package func root(
  from low: Double, to high: Double, relativeError: Double = 1e-14,
  of function: (Double) -> Double
) -> Double? {
  let (atLow, atHigh) = (function(low), function(high))
  if atLow == 0 { return low }
  if atHigh == 0 { return high }
  guard returnsErrors, low < high, (atLow < 0) != (atHigh < 0), atLow.isFinite, atHigh.isFinite,
    let solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent)
  else { return nil }
  defer { gsl_root_fsolver_free(solver) }
  return withCFunction(function) { cFunction in
    gsl_root_fsolver_set(solver, cFunction, low, high)
    for _ in 0..<200 {
      guard gsl_root_fsolver_iterate(solver) == Int32(GSL_SUCCESS) else { break }
      let status = gsl_root_test_interval(
        gsl_root_fsolver_x_lower(solver), gsl_root_fsolver_x_upper(solver), 0, relativeError)
      if status == Int32(GSL_SUCCESS) { break }
    }
    return gsl_root_fsolver_root(solver)
  }
}

/// The least value of a function with one minimum between two points, and where it is.
///
/// A scan of `intervals` equal steps finds the lowest, Brent's method the minimum in it.
///
/// - Returns: the end of the range if no point inside is lower.
package func minimum(
  from low: Double, to high: Double, intervals: Int = 64, relativeError: Double = 1e-9,
  of function: (Double) -> Double
) -> (position: Double, value: Double) {
  precondition(returnsErrors && low < high && intervals >= 2, "\(low) to \(high) is no range")
  let positions = (0...intervals).map { low + (high - low) * Double($0) / Double(intervals) }
  let values = positions.map(function)
  let best = values.indices.reduce(0) { values[$1] < values[$0] ? $1 : $0 }
  guard best > 0, best < intervals, let solver = gsl_min_fminimizer_alloc(gsl_min_fminimizer_brent)
  else { return (positions[best], values[best]) }
  defer { gsl_min_fminimizer_free(solver) }
  return withCFunction(function) { cFunction in
    let status = gsl_min_fminimizer_set_with_values(
      solver, cFunction, positions[best], values[best], positions[best - 1], values[best - 1],
      positions[best + 1], values[best + 1])
    guard status == Int32(GSL_SUCCESS) else { return (positions[best], values[best]) }
    for _ in 0..<200 {
      guard gsl_min_fminimizer_iterate(solver) == Int32(GSL_SUCCESS) else { break }
      let status = gsl_min_test_interval(
        gsl_min_fminimizer_x_lower(solver), gsl_min_fminimizer_x_upper(solver), 0, relativeError)
      if status == Int32(GSL_SUCCESS) { break }
    }
    return (gsl_min_fminimizer_x_minimum(solver), gsl_min_fminimizer_f_minimum(solver))
  }
}

/// The integral of a smooth function over adjacent intervals.
///
/// - Parameters:
///   - points: the ends of the intervals, ascending; a peak is best between two of them.
///   - relativeError: of the integral over each interval.
///   - function: the integrand.
/// - Precondition: there are at least two points.
package func integral(
  over points: [Double], relativeError: Double = 1e-11, of function: (Double) -> Double
) -> Double {
  precondition(returnsErrors && points.count >= 2, "an integral needs two ends")
  let limit = 1000
  guard let workspace = gsl_integration_workspace_alloc(limit) else { return .nan }
  defer { gsl_integration_workspace_free(workspace) }
  return withCFunction(function) { cFunction in
    zip(points, points.dropFirst()).reduce(0.0) { sum, ends in
      var (result, error) = (0.0, 0.0)
      gsl_integration_qag(
        cFunction, ends.0, ends.1, 1e-300, relativeError, limit, Int32(GSL_INTEG_GAUSS31),
        workspace, &result, &error)
      return sum + result
    }
  }
}
