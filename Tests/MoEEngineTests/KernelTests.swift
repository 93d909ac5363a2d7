// Elementary functions of eight lanes against the Double functions of the C library.

import Foundation
import Testing

@testable import MoEEngine

@Suite("Elementary functions")
struct KernelTests {
  @Test("square roots are within two units in the last place over the whole range")
  func squareRoots() {
    for exponent in -126...127 {
      let power = Float(sign: .plus, exponent: exponent, significand: 1)
      let values = Lanes(1, 1.1, 1.25, 1.4, 1.5, 1.7, 1.9, 1.9999999) * power
      let roots = squareRoot(values)
      for lane in 0..<8 {
        let exact = Double(values[lane]).squareRoot()
        #expect(abs(Double(roots[lane]) - exact) <= 2 * Double(Float(exact).ulp))
      }
    }
    #expect(squareRoot(Lanes(repeating: 0)) == Lanes(repeating: 0))
  }

  @Test("exponentials have a relative error of at most 2e-7; their argument is clamped")
  func exponentials() {
    for step in -86...86 {
      let values = Lanes(0, 0.11, 0.24, 0.37, 0.5, 0.63, 0.76, 0.99) + Float(step)
      let powers = exponential(values)
      for lane in 0..<8 {
        let exact = exp(Double(values[lane]))
        #expect(abs(Double(powers[lane]) / exact - 1) <= 2e-7)
      }
    }
    #expect(exponential(Lanes(repeating: -1e9)) == exponential(Lanes(repeating: -87)))
    #expect(exponential(Lanes(repeating: 1e9)) == exponential(Lanes(repeating: 88)))
  }
}
