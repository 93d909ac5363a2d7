// Failures of training runs.

/// Facts `rel.`.
package final class ReliabilityFacts: Sendable {
  package let llama3Causes = Fact(
    "rel.llama3.causes",
    "148 GPU, 72 HBM3, 54 software, 35 switch or cable, 32 host maintenance, 19 GPU SRAM,"
      + " 17 GPU system processor, 7 NIC, 7 NCCL timeout, 6 silent corruption, 6 thermal, 3 power"
      + " supply, 3 SSD, 2 chassis, 2 CPU, 2 dependency, 2 IO board, 2 system memory", "",
    "419 unexpected interruptions of one run on 16,384 H100 in 54 days; the printed 30.1 % for GPUs"
      + " does not fit 148 of 419", .input, .copy,
    .llama3("section 3.3.4 and table 5"))
  package let llama3Time = Fact(
    "rel.llama3.effective", "more than 90 %", "",
    "effective training time of the same 54 days: useful / elapsed", .validation, .copy,
    .llama3("section 3.3.4 and table 5"))
  package let llama3Size = Fact(
    "rel.llama3.size", "16384 GPUs, 54 days", "",
    "466 interruptions, 47 of them planned; 3 needed people", .input, .copy,
    .llama3("section 3.3.4 and table 5"))
}
