/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_WORKER_FILTER_COMPILE_H
#define WEIR_WORKER_FILTER_COMPILE_H

#include <pcap/pcap.h>

#include <rte_bpf.h>

#include <weir/error.h>

/* An expression as what runs it. All zero: nothing. */
struct filter_code {
	struct bpf_program program; /* libpcap's classic BPF: for frames cut by a snap length */
	struct rte_bpf *bpf;        /* the same, for DPDK's interpreter and JIT */
	struct rte_bpf_jit jit;     /* func NULL: no JIT for this CPU, or program */
};

/*
 * -EINVAL with the reason; -ETIMEDOUT with the line after ten seconds, and then a thread stays
 * behind that computes to no end: end the program.
 */
int filter_compile(const char *expression, struct filter_code *code, struct error *error);

void filter_code_free(struct filter_code *code);

#endif
