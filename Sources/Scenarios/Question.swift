// What a scenario asks. To add a question: the README's recipe "A question in one room".

import Serving
import Training

/// The question of a scenario, with everything that its own block of the file says.
public enum Question: Sendable {
  /// How long a step of training takes, and where its time goes.
  case trainingStep(TrainingSpec)
  /// The same of a step of inference.
  case inferenceStep(InferenceSpec)
}
