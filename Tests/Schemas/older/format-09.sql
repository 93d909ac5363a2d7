-- A results file of format 9.
PRAGMA application_id = 1146312243;
PRAGMA user_version = 9;
CREATE TABLE assumption (
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;
INSERT INTO "assumption" VALUES(1,0,'a text of the time');
INSERT INTO "assumption" VALUES(2,0,'a text of the time');
CREATE TABLE experiment (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL DEFAULT 'compare', sha256 TEXT, trial_count INTEGER, runs_before INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "experiment" VALUES(1,'kept 1','compare',NULL,NULL,0);
CREATE TABLE expert_load (
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  expert INTEGER NOT NULL,
  gpu INTEGER NOT NULL,
  rows INTEGER NOT NULL CHECK (rows >= 0),
  PRIMARY KEY (run, position),
  UNIQUE (run, layer, expert)
) STRICT, WITHOUT ROWID;
INSERT INTO "expert_load" VALUES(1,0,0,0,0,10);
INSERT INTO "expert_load" VALUES(1,1,0,1,1,11);
CREATE TABLE link (
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE, position INTEGER NOT NULL,
  rank INTEGER NOT NULL, member INTEGER NOT NULL, gpus INTEGER NOT NULL CHECK (gpus > 0),
  link TEXT NOT NULL, bytes REAL NOT NULL CHECK (bytes >= 0),
  capacity_bytes_per_s REAL NOT NULL CHECK (capacity_bytes_per_s > 0), name TEXT,
  PRIMARY KEY (run, position), UNIQUE (run, rank, member, link)
) STRICT, WITHOUT ROWID;
INSERT INTO "link" VALUES(1,0,0,0,1,'nic_out',206565332.0,50000000000.0,NULL);
INSERT INTO "link" VALUES(1,1,0,0,1,'nvlink_out',700000000.0,160000000000.0,NULL);
INSERT INTO "link" VALUES(1,2,3,0,1,'listed',1000000.0,400000000000.0,'leaf 3');
CREATE TABLE link_load (
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  link TEXT NOT NULL,
  start_ps INTEGER NOT NULL,
  end_ps INTEGER NOT NULL CHECK (end_ps > start_ps),
  utilisation REAL NOT NULL CHECK (utilisation >= 0),
  PRIMARY KEY (run, position),
  UNIQUE (run, link, start_ps)
) STRICT, WITHOUT ROWID;
INSERT INTO "link_load" VALUES(1,0,'nvlink_out',0,1000,0.5);
CREATE TABLE load_profile (
  id INTEGER PRIMARY KEY,
  trace INTEGER NOT NULL REFERENCES routing_trace (id) ON DELETE CASCADE,
  layers INTEGER NOT NULL,
  profile TEXT NOT NULL
) STRICT;
CREATE TABLE memory (
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE, position INTEGER NOT NULL,
  rank INTEGER NOT NULL, kind TEXT NOT NULL, bytes REAL NOT NULL CHECK (bytes >= 0), gpus INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (run, position), UNIQUE (run, rank, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO "memory" VALUES(1,0,0,'weights',306162112.0,1);
INSERT INTO "memory" VALUES(1,1,0,'gradients',612324224.0,1);
INSERT INTO "memory" VALUES(1,2,0,'optimizer',230681200.0,1);
INSERT INTO "memory" VALUES(1,3,0,'unsharded',0.0,1);
INSERT INTO "memory" VALUES(1,4,0,'activations',546455552.0,1);
INSERT INTO "memory" VALUES(1,5,0,'kv_cache',0.0,1);
INSERT INTO "memory" VALUES(1,6,0,'workspace',350562304.0,1);
INSERT INTO "memory" VALUES(1,7,0,'reserved',4294967296.0,1);
CREATE TABLE memory_time (
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  rank INTEGER NOT NULL,
  time_ps INTEGER NOT NULL,
  bytes REAL NOT NULL CHECK (bytes >= 0),
  PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;
INSERT INTO "memory_time" VALUES(1,0,0,0,1000000000.0);
INSERT INTO "memory_time" VALUES(1,1,0,5,2000000000.0);
CREATE TABLE metric (
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE, position INTEGER NOT NULL,
  name TEXT NOT NULL, value REAL NOT NULL, unit TEXT NOT NULL, definition TEXT NOT NULL,
  PRIMARY KEY (run, position), UNIQUE (run, name)
) STRICT, WITHOUT ROWID;
INSERT INTO "metric" VALUES(1,0,'step_time_s',0.075237625995,'s','as defined then');
INSERT INTO "metric" VALUES(1,1,'gpu_count',16.0,'gpu','as defined then');
INSERT INTO "metric" VALUES(1,2,'tokens_per_step',131072.0,'token','as defined then');
INSERT INTO "metric" VALUES(1,3,'bubble_ratio',0.125,'1','as defined then');
INSERT INTO "metric" VALUES(1,4,'gpu_hours',26.12,'GPU-hour','as defined then');
INSERT INTO "metric" VALUES(2,0,'step_time_s',0.5,'s','as defined then');
INSERT INTO "metric" VALUES(2,1,'gpu_count',8.0,'gpu','as defined then');
CREATE TABLE rank_time (
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  rank INTEGER NOT NULL,
  member INTEGER NOT NULL,
  gpus INTEGER NOT NULL CHECK (gpus > 0),
  phase TEXT NOT NULL,
  activity TEXT NOT NULL,
  time_ps INTEGER NOT NULL CHECK (time_ps >= 0),
  PRIMARY KEY (run, position),
  UNIQUE (run, rank, member, phase, activity)
) STRICT, WITHOUT ROWID;
INSERT INTO "rank_time" VALUES(1,0,0,0,1,'forward_alone','compute',4821003046);
INSERT INTO "rank_time" VALUES(1,1,0,0,1,'forward_alone','exposed_dispatch',49192686);
INSERT INTO "rank_time" VALUES(1,2,0,0,1,'forward_alone','exposed_combine',835481400);
INSERT INTO "rank_time" VALUES(1,3,0,0,1,'forward_alone','jitter',69168920);
INSERT INTO "rank_time" VALUES(1,4,0,0,1,'overlapped_pair','compute',25614216584);
INSERT INTO "rank_time" VALUES(1,5,0,0,1,'backward_alone','compute',9462785866);
INSERT INTO "rank_time" VALUES(1,6,0,0,1,'backward_alone','exposed_combine',250644420);
INSERT INTO "rank_time" VALUES(1,7,0,0,1,'backward_alone','jitter',26635755);
INSERT INTO "rank_time" VALUES(1,8,0,0,1,'weight_alone','compute',727642715);
INSERT INTO "rank_time" VALUES(1,9,0,0,1,'optimizer','compute',444061310);
INSERT INTO "rank_time" VALUES(1,10,0,0,1,'optimizer','host',25000000000);
INSERT INTO "rank_time" VALUES(1,11,0,0,1,'optimizer','gradient_reduction',4702810900);
INSERT INTO "rank_time" VALUES(1,12,0,0,1,'optimizer','parameter_gather',2356770450);
INSERT INTO "rank_time" VALUES(1,13,0,0,1,'bubble','stage_imbalance',255190286);
INSERT INTO "rank_time" VALUES(1,14,0,0,1,'bubble','pipeline_transfer',437930400);
INSERT INTO "rank_time" VALUES(1,15,0,0,1,'bubble','jitter',184091257);
INSERT INTO "rank_time" VALUES(2,0,0,0,1,'forward_alone','compute',500000000000);
CREATE TABLE routing_trace (
  id INTEGER PRIMARY KEY,
  preset TEXT NOT NULL,
  seed TEXT NOT NULL,
  trained_steps INTEGER NOT NULL,
  balance TEXT NOT NULL,
  corpus_sha256 TEXT NOT NULL,
  program_version TEXT NOT NULL,
  command TEXT NOT NULL,
  drafts INTEGER NOT NULL,
  accepted_drafts INTEGER NOT NULL CHECK (accepted_drafts <= drafts),
  trace_sha256 TEXT NOT NULL,
  experts INTEGER NOT NULL,
  groups INTEGER NOT NULL,
  group_limit INTEGER NOT NULL,
  top_k INTEGER NOT NULL,
  group_score TEXT NOT NULL CHECK (group_score IN ('top_two_sum', 'largest')),
  sequence_length INTEGER NOT NULL
) STRICT;
CREATE TABLE routing_trace_blob (
  trace INTEGER NOT NULL,
  step INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  rows_per_sequence INTEGER NOT NULL,
  experts BLOB NOT NULL,
  scores BLOB NOT NULL,
  PRIMARY KEY (trace, step, layer),
  FOREIGN KEY (trace, step) REFERENCES routing_trace_step (trace, step) ON DELETE CASCADE
) STRICT;
CREATE TABLE routing_trace_domain (
  trace INTEGER NOT NULL REFERENCES routing_trace (id) ON DELETE CASCADE,
  domain INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (trace, domain)
) STRICT, WITHOUT ROWID;
CREATE TABLE routing_trace_layer (
  trace INTEGER NOT NULL REFERENCES routing_trace (id) ON DELETE CASCADE,
  layer INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (trace, layer)
) STRICT, WITHOUT ROWID;
CREATE TABLE routing_trace_step (
  trace INTEGER NOT NULL REFERENCES routing_trace (id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  tokens BLOB NOT NULL,
  domains BLOB NOT NULL,
  PRIMARY KEY (trace, step)
) STRICT, WITHOUT ROWID;
CREATE TABLE run (
  id INTEGER PRIMARY KEY, scenario_name TEXT NOT NULL, scenario_text TEXT NOT NULL,
  scenario_sha256 TEXT NOT NULL, seed TEXT NOT NULL, program_version TEXT NOT NULL,
  schedule TEXT NOT NULL, fingerprint TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('complete'))
, question TEXT NOT NULL DEFAULT 'training_step') STRICT;
INSERT INTO "run" VALUES(1,'kept 1','name: kept
','ab12','18446744073709551615','0.0.1','dualpipe','0000000000000001','complete','training_step');
INSERT INTO "run" VALUES(2,'kept 2','name: kept
','ab12','18446744073709551615','0.0.1','','0000000000000002','complete','inference_step');
CREATE TABLE run_clock (
  run INTEGER PRIMARY KEY REFERENCES run (id) ON DELETE CASCADE,
  started_at TEXT NOT NULL,
  wall_s REAL NOT NULL
) STRICT;
INSERT INTO "run_clock" VALUES(1,'2026-11-24T12:00:00Z',0.25);
INSERT INTO "run_clock" VALUES(2,'2026-11-24T12:00:00Z',0.25);
CREATE TABLE run_setting (
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  key TEXT NOT NULL,
  value TEXT,
  PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;
INSERT INTO "run_setting" VALUES(1,0,'seed','7');
INSERT INTO "run_setting" VALUES(1,1,'training.chunks',NULL);
CREATE TABLE span (
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE, position INTEGER NOT NULL,
  rank INTEGER NOT NULL, stream TEXT NOT NULL, label TEXT NOT NULL, phase TEXT NOT NULL,
  stage INTEGER NOT NULL, microbatch INTEGER NOT NULL, start_ps INTEGER NOT NULL,
  end_ps INTEGER NOT NULL CHECK (end_ps >= start_ps), member INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;
INSERT INTO "span" VALUES(1,0,0,'cells','F0@0','forward_alone',0,0,0,1763546323,0);
INSERT INTO "span" VALUES(1,1,0,'cells','F4@1','forward_alone',1,4,1866273935,4107636310,0);
INSERT INTO "span" VALUES(1,2,0,'cells','F1@0','forward_alone',0,1,4107636310,5877573664,0);
INSERT INTO "span" VALUES(1,3,0,'cells','D4@1','backward_alone',1,4,5877573664,9421302714,0);
INSERT INTO "span" VALUES(1,4,0,'cells','F5@1|D0@0','overlapped_pair',1,5,9531354838,14622646150,0);
INSERT INTO "span" VALUES(1,5,0,'cells','F2@0|D5@1','overlapped_pair',0,2,14622646150,19792817474,0);
CREATE TABLE traffic (
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  kind TEXT NOT NULL,
  link TEXT NOT NULL,
  bytes_per_gpu REAL NOT NULL CHECK (bytes_per_gpu >= 0),
  PRIMARY KEY (run, position),
  UNIQUE (run, kind, link)
) STRICT, WITHOUT ROWID;
INSERT INTO "traffic" VALUES(1,0,'dispatch','nvlink_out',320761056.0);
INSERT INTO "traffic" VALUES(1,1,'combine','nic_in',5.0);
CREATE TABLE trial (
  experiment INTEGER NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  run INTEGER UNIQUE REFERENCES run (id) ON DELETE CASCADE,
  refusal TEXT, is_broken INTEGER NOT NULL DEFAULT 0 CHECK (is_broken IN (0, 1)),
  PRIMARY KEY (experiment, position),
  CHECK ((run IS NULL) <> (refusal IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO "trial" VALUES(1,0,1,NULL,0);
INSERT INTO "trial" VALUES(1,1,NULL,'too large',0);
CREATE TABLE trial_parameter (
  experiment INTEGER NOT NULL,
  trial INTEGER NOT NULL,
  position INTEGER NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (experiment, trial, position),
  FOREIGN KEY (experiment, trial) REFERENCES trial (experiment, position) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO "trial_parameter" VALUES(1,0,0,'training.schedule','dualpipe');
INSERT INTO "trial_parameter" VALUES(1,1,0,'training.schedule','1f1b');
CREATE UNIQUE INDEX experiment_sha256 ON experiment (sha256);
CREATE VIEW bubble_ratio AS SELECT * FROM metric;
