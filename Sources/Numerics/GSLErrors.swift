// GSL ends the program at an error unless it is told to return a status. Every wrapper whose GSL
// function can report an error reads this value first, which tells it so once.

import CGSL

/// Read before calling GSL: its functions then return a status or a NaN instead of aborting.
let returnsErrors: Bool = {
  gsl_set_error_handler_off()
  return true
}()
