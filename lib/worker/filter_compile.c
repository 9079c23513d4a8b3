/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter_compile.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_errno.h>
#include <rte_malloc.h>

#include <weir/format.h>

/* What pcap-filter(7) calls the snap length: longer than any frame. */
#define FILTER_SNAPLEN 262144

#define DEADLINE_SECONDS 10

#define PROGRAM_MAX 4096 /* instructions, for DPDK as for the kernel: BPF_MAXINSNS */

/*
 * libpcap's optimizer takes cubic time (100 ports: 0.2 s, 400: 18 s), and DPDK's verifier on some
 * programs exponential time (16 comparisons of sums: 0.2 s, 24: minutes). Neither can be
 * interrupted, so each runs in a thread, which is left behind when it takes too long.
 */
struct job {
	char *expression;
	char name[80]; /* of the filter in messages: the expression, or its ends */
	struct bpf_program program;
	struct rte_bpf_prm *parameters;
	struct rte_bpf *bpf;
	int result;
	struct error error;
};

/* ---- in the thread ---- */

static void *compile(void *context)
{
	struct job *job = context;
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, FILTER_SNAPLEN);

	if (dead == NULL) {
		job->result = error_set(&job->error, ENOMEM, "filter: out of memory; free some");
		return NULL;
	}
	if (pcap_compile(dead, &job->program, job->expression, 1, PCAP_NETMASK_UNKNOWN) != 0)
		job->result =
			error_set(&job->error, EINVAL, "filter \"%s\": %s; see pcap-filter(7)",
				  job->name, pcap_geterr(dead));
	pcap_close(dead);
	return NULL;
}

/* DPDK takes a copy before anything else, so what is left behind needs no memory of DPDK's. */
static void *load(void *context)
{
	struct job *job = context;

	job->bpf = rte_bpf_load(job->parameters);
	if (job->bpf == NULL)
		job->result =
			error_set(&job->error, EINVAL,
				  "filter \"%s\": DPDK cannot run it (%s); write it more simply",
				  job->name, rte_strerror(rte_errno));
	return NULL;
}

/* ---- and around it ---- */

/* -ETIMEDOUT: `job` is the thread's for ever. */
static int run_bounded(void *(*work)(void *), struct job *job, struct error *error)
{
	struct timespec deadline;
	pthread_t thread;
	int result = pthread_create(&thread, NULL, work, job);

	if (result != 0)
		return error_set(error, result,
				 "filter: no thread to compile it: %s; free some memory",
				 strerror(result));
	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += DEADLINE_SECONDS;
	if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &deadline) != 0) {
		pthread_detach(thread);
		return error_set(error, ETIMEDOUT,
				 "filter \"%s\": not compiled within %d s; give fewer terms, for "
				 "example networks instead of hosts",
				 job->name, DEADLINE_SECONDS);
	}
	if (job->result != 0 && error != NULL)
		*error = job->error;
	return job->result;
}

/*
 * Two faults of DPDK's, found by fuzzing against libpcap's own interpreter (tests/fuzz/filter.c)
 * and there in 22.11: without these two functions `tcp[13] = 18` matches nothing, and `ether
 * multicast` everything.
 */

/* rte_bpf_convert() forgets the register with X in byte loads relative to X. */
static void mend_byte_loads(const struct rte_bpf_prm *parameters)
{
	struct ebpf_insn *instructions = (struct ebpf_insn *)(uintptr_t)parameters->ins;

	for (uint32_t i = 0; i < parameters->nb_ins; i++)
		if (instructions[i].code == (BPF_LD | BPF_IND | BPF_B))
			instructions[i].src_reg = EBPF_REG_7;
}

/* The x86 JIT writes a bit test of an 8-bit constant as an instruction that does not exist. */
static bool jit_is_right(const struct rte_bpf_prm *parameters)
{
	for (uint32_t i = 0; i < parameters->nb_ins; i++) {
		const struct ebpf_insn *instruction = &parameters->ins[i];

		if (instruction->code == (BPF_JMP | BPF_JSET | BPF_K) &&
		    instruction->imm == (int8_t)instruction->imm)
			return false;
	}
	return true;
}

/* The job's program as DPDK's; `jit`: may the JIT have it? */
static int convert(struct job *job, bool *jit, struct error *error)
{
	job->parameters = rte_bpf_convert(&job->program);
	if (job->parameters == NULL && job->program.bf_len > PROGRAM_MAX)
		return error_set(
			error, EINVAL,
			"filter \"%s\": makes %u instructions, and DPDK runs %d at most; give "
			"fewer terms, for example networks instead of hosts",
			job->name, job->program.bf_len, PROGRAM_MAX);
	if (job->parameters == NULL)
		return error_set(error, EINVAL,
				 "filter \"%s\": DPDK cannot run it (%s); write it more simply",
				 job->name, rte_strerror(rte_errno));
	mend_byte_loads(job->parameters);
	*jit = jit_is_right(job->parameters);
	return 0;
}

int filter_compile(const char *expression, struct filter_code *code, struct error *error)
{
	struct job *job = calloc(1, sizeof(*job));
	bool jit = false;
	int result;

	if (job == NULL || (job->expression = strdup(expression)) == NULL) {
		free(job);
		return error_set(error, ENOMEM, "filter: out of memory; free some");
	}
	format_brief(job->name, sizeof(job->name), expression);
	result = run_bounded(compile, job, error);
	if (result == 0)
		result = convert(job, &jit, error);
	if (result == 0)
		result = run_bounded(load, job, error);
	if (result == -ETIMEDOUT)
		return result;
	*code = (struct filter_code){.program = job->program, .bpf = job->bpf};
	if (result != 0)
		filter_code_free(code);
	else if (jit)
		rte_bpf_get_jit(code->bpf, &code->jit);
	rte_free(job->parameters);
	free(job->expression);
	free(job);
	return result;
}

void filter_code_free(struct filter_code *code)
{
	if (code->bpf != NULL)
		rte_bpf_destroy(code->bpf);
	pcap_freecode(&code->program);
	*code = (struct filter_code){0};
}
