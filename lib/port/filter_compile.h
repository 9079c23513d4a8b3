/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PORT_FILTER_COMPILE_H
#define WEIR_PORT_FILTER_COMPILE_H

#include <stdbool.h>
#include <stdint.h>

#include <pcap/pcap.h>

#include <rte_bpf.h>

#include <weir/error.h>

/* An expression as what runs it. All zero: nothing. */
struct filter_code {
	struct bpf_program program; /* libpcap's classic BPF: for frames cut by a snap length */
	struct rte_bpf *bpf;        /* the same, for DPDK's interpreter and JIT */
	struct rte_bpf_jit jit;     /* func NULL: no JIT for this CPU, or program */
};

/* An expression on its way to that. */
struct filter_job;

/* `gently`: at the lowest priority. 0, or negative errno with the line. */
int filter_compile_start(const char *expression, bool gently, struct filter_job **job,
			 struct error *error);

/*
 * Wait until `until` (monotonic ns) at most. -EAGAIN: it is not done yet. Otherwise the job is
 * gone: 0 with the code; -EINVAL with the reason; -ETIMEDOUT with the line after ten seconds.
 */
int filter_compile_look(struct filter_job *job, uint64_t until, struct filter_code *code,
			struct error *error);

/* Nobody waits for it any more: its thread frees it when it is done, if ever. */
void filter_compile_leave(struct filter_job *job);

void filter_code_free(struct filter_code *code);

#endif
