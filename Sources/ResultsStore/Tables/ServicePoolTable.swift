// What the pools of services did, summed over a run.

import Recording

extension PoolUse: TableRow {
  static let table = Table.list(
    "service_pool", "What each pool of a service did, summed over the run.",
    """
    name TEXT NOT NULL,
    gpus_per_unit INTEGER NOT NULL CHECK (gpus_per_unit > 0),
    units INTEGER NOT NULL,         -- at the start
    held_gpu_s REAL NOT NULL,       -- units were part of the pool, failed or not
    busy_gpu_s REAL NOT NULL,       -- a step of their unit ran
    free_gpu_s REAL NOT NULL,       -- the timetable left units to other work
    steps INTEGER NOT NULL,
    computed_prompt_tokens INTEGER NOT NULL,
    cached_prompt_tokens INTEGER NOT NULL,
    host_prompt_tokens INTEGER NOT NULL, -- of these loaded from host memory
    store_prompt_tokens INTEGER NOT NULL, -- and from the pool's store
    output_tokens INTEGER NOT NULL,
    preemptions INTEGER NOT NULL,
    used_token_s REAL NOT NULL,     -- of blocks of KV caches
    available_token_s REAL NOT NULL,
    peak_use REAL NOT NULL,         -- largest share of an instance's KV cache
    queued_request_s REAL NOT NULL, -- requests waited for this pool
    slowest_s REAL NOT NULL,        -- over steps, with prompts every fourth: slowest instance
    even_s REAL NOT NULL,           -- over the same: their time under an even load
    rebalancings INTEGER NOT NULL,  -- times that experts were placed anew
    moved_expert_bytes REAL NOT NULL,
    standstill_s REAL NOT NULL,     -- units stood still while experts moved
    imbalance_s REAL NOT NULL,      -- integral of max/mean of drifting experts
    first_imbalance_s REAL NOT NULL, -- the same under the first placement
    """, "UNIQUE (run, name)")

  func bind(to row: inout RowBinder) {
    row.add(name, gpusPerUnit, units, heldGPUSeconds, busyGPUSeconds, freeGPUSeconds, steps)
    row.add(computedPromptTokens, cachedPromptTokens, hostPromptTokens, storePromptTokens)
    row.add(outputTokens, preemptions)
    row.add(usedTokenSeconds, availableTokenSeconds, peakUse, queuedRequestSeconds)
    row.add(slowestSeconds, evenSeconds)
    row.add(rebalancings, movedExpertBytes, standstillSeconds)
    row.add(imbalanceSeconds, firstImbalanceSeconds)
  }

  init(from row: inout StoredRow) throws(StoreProblem) {
    try self.init(
      name: row.get("name"), gpusPerUnit: row.get("gpus_per_unit"), units: row.get("units"))
    heldGPUSeconds = try row.get("held_gpu_s")
    busyGPUSeconds = try row.get("busy_gpu_s")
    freeGPUSeconds = try row.get("free_gpu_s")
    steps = try row.get("steps")
    computedPromptTokens = try row.get("computed_prompt_tokens")
    cachedPromptTokens = try row.get("cached_prompt_tokens")
    hostPromptTokens = try row.get("host_prompt_tokens")
    storePromptTokens = try row.get("store_prompt_tokens")
    outputTokens = try row.get("output_tokens")
    preemptions = try row.get("preemptions")
    usedTokenSeconds = try row.get("used_token_s")
    availableTokenSeconds = try row.get("available_token_s")
    peakUse = try row.get("peak_use")
    queuedRequestSeconds = try row.get("queued_request_s")
    slowestSeconds = try row.get("slowest_s")
    evenSeconds = try row.get("even_s")
    rebalancings = try row.get("rebalancings")
    movedExpertBytes = try row.get("moved_expert_bytes")
    standstillSeconds = try row.get("standstill_s")
    imbalanceSeconds = try row.get("imbalance_s")
    firstImbalanceSeconds = try row.get("first_imbalance_s")
  }
}
