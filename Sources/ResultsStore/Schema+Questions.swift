// The step of the schema that names the question of each run and keeps its settings as rows, and by
// which an experiment is known again.

extension Schema {
  static let questions = """
    -- What kind of question the run answered; files of before had two kinds of step time.
    ALTER TABLE run ADD COLUMN question TEXT NOT NULL DEFAULT 'training_step';
    UPDATE run SET question = 'inference_step' WHERE EXISTS (
      SELECT 1 FROM metric WHERE metric.run = run.id AND metric.name = 'inference_step_time_s'
    );
    UPDATE metric SET name = 'step_time_s' WHERE name = 'inference_step_time_s';

    -- What was changed in the scenario's text before it was read, later ones last.
    CREATE TABLE run_setting (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      key TEXT NOT NULL,
      value TEXT,                     -- NULL where the key was taken out
      PRIMARY KEY (run, position)
    ) STRICT, WITHOUT ROWID;

    ALTER TABLE experiment ADD COLUMN kind TEXT NOT NULL DEFAULT 'compare';
    -- Of everything that its trials follow from, hexadecimal; NULL in experiments of before.
    ALTER TABLE experiment ADD COLUMN sha256 TEXT;
    -- Trials when it is complete; NULL in experiments of before, which were stored whole.
    ALTER TABLE experiment ADD COLUMN trial_count INTEGER;
    -- The last run that stood in the file when the experiment began.
    ALTER TABLE experiment ADD COLUMN runs_before INTEGER NOT NULL DEFAULT 0;
    UPDATE experiment SET runs_before = COALESCE(
      (SELECT MIN(run) - 1 FROM trial WHERE trial.experiment = experiment.id), 0);
    CREATE UNIQUE INDEX experiment_sha256 ON experiment (sha256);

    -- Whether there is no run because of a bug of ours.
    ALTER TABLE trial ADD COLUMN is_broken INTEGER NOT NULL DEFAULT 0 CHECK (is_broken IN (0, 1));

    """
}
