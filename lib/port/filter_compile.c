/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter_compile.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <rte_errno.h>
#include <rte_malloc.h>

#include <weir/clock.h>
#include <weir/format.h>

/* What pcap-filter(7) calls the snap length: longer than any frame. */
#define FILTER_SNAPLEN 262144

#define DEADLINE_SECONDS 10

#define PROGRAM_MAX 4096 /* instructions, for DPDK as for the kernel: BPF_MAXINSNS */

/* Threads that compute on although nobody waits any more. */
#define LEFT_MAX 4

/*
 * libpcap's optimizer takes cubic time (100 ports: 0.2 s, 400: 18 s), and DPDK's verifier on some
 * programs exponential time (16 comparisons of sums: 0.2 s, 24: minutes). Neither can be
 * interrupted, so each runs in a thread, which is left behind when it takes too long.
 */
struct filter_job {
	char *expression;
	char name[80]; /* of the filter in messages: the expression, or its ends */
	bool gently;
	struct bpf_program program;
	struct rte_bpf_prm parameters; /* the same for DPDK, its instructions from malloc() */
	bool jit;                      /* may the JIT have it? */
	struct rte_bpf *bpf;
	int result;
	struct error error;
	/* of the one who waits: */
	pthread_t thread;
	uint64_t deadline; /* monotonic ns */
	/* atomic: set by the thread when it ends and by who leaves it behind; the second frees */
	bool over;
};

static unsigned int left_behind; /* atomic: threads */

static void job_free(struct filter_job *job)
{
	if (job->bpf != NULL)
		rte_bpf_destroy(job->bpf);
	pcap_freecode(&job->program);
	free((void *)(uintptr_t)job->parameters.ins);
	free(job->expression);
	free(job);
}

/* ---- in the thread ---- */

/* It stops with the job here, unless somebody waits for it. */
static void *end_thread(struct filter_job *job)
{
	if (__atomic_exchange_n(&job->over, true, __ATOMIC_ACQ_REL)) {
		job_free(job);
		__atomic_fetch_sub(&left_behind, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *compile(void *context)
{
	struct filter_job *job = context;
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, FILTER_SNAPLEN);

	if (job->gently)
		setpriority(PRIO_PROCESS, 0, 19); /* of this thread alone: Linux */
	if (dead == NULL) {
		job->result = error_set(&job->error, ENOMEM, "filter: out of memory; free some");
		return end_thread(job);
	}
	if (pcap_compile(dead, &job->program, job->expression, 1, PCAP_NETMASK_UNKNOWN) != 0)
		job->result =
			error_set(&job->error, EINVAL, "filter \"%s\": %s; see pcap-filter(7)",
				  job->name, pcap_geterr(dead));
	pcap_close(dead);
	return end_thread(job);
}

/* What it takes is not of DPDK's memory, which may be gone before a thread that is left behind. */
static void *load(void *context)
{
	struct filter_job *job = context;

	if (job->gently)
		setpriority(PRIO_PROCESS, 0, 19);
	job->bpf = rte_bpf_load(&job->parameters);
	if (job->bpf == NULL)
		job->result =
			error_set(&job->error, EINVAL,
				  "filter \"%s\": DPDK cannot run it (%s); write it more simply",
				  job->name, rte_strerror(rte_errno));
	return end_thread(job);
}

/* ---- and around it ---- */

static int start_thread(struct filter_job *job, void *(*work)(void *), struct error *error)
{
	int result;

	job->over = false;
	job->deadline = clock_monotonic_ns() + DEADLINE_SECONDS * CLOCK_SECOND;
	result = pthread_create(&job->thread, NULL, work, job);
	if (result != 0)
		return error_set(error, result,
				 "filter: no thread to compile it: %s; free some memory",
				 strerror(result));
	return 0;
}

void filter_compile_leave(struct filter_job *job)
{
	pthread_detach(job->thread);
	__atomic_fetch_add(&left_behind, 1, __ATOMIC_RELAXED);
	end_thread(job);
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

/* The job's program as DPDK's, in memory that is not. */
static int copy_parameters(struct filter_job *job, const struct rte_bpf_prm *parameters)
{
	const size_t bytes = parameters->nb_ins * sizeof(parameters->ins[0]);
	struct ebpf_insn *instructions = malloc(bytes);

	if (instructions == NULL)
		return -ENOMEM;
	memcpy(instructions, parameters->ins, bytes);
	job->parameters = *parameters;
	job->parameters.ins = instructions;
	return 0;
}

static int convert(struct filter_job *job, struct error *error)
{
	struct rte_bpf_prm *parameters = rte_bpf_convert(&job->program);
	int result;

	if (parameters == NULL && job->program.bf_len > PROGRAM_MAX)
		return error_set(
			error, EINVAL,
			"filter \"%s\": makes %u instructions, and DPDK runs %d at most; give "
			"fewer terms, for example networks instead of hosts",
			job->name, job->program.bf_len, PROGRAM_MAX);
	if (parameters == NULL)
		return error_set(error, EINVAL,
				 "filter \"%s\": DPDK cannot run it (%s); write it more simply",
				 job->name, rte_strerror(rte_errno));
	result = copy_parameters(job, parameters);
	rte_free(parameters);
	if (result != 0)
		return error_set(error, ENOMEM, "filter: out of memory; free some");
	mend_byte_loads(&job->parameters);
	job->jit = jit_is_right(&job->parameters);
	return 0;
}

int filter_compile_start(const char *expression, bool gently, struct filter_job **started,
			 struct error *error)
{
	struct filter_job *job;
	int result;

	if (__atomic_load_n(&left_behind, __ATOMIC_RELAXED) >= LEFT_MAX)
		return error_set(error, EBUSY,
				 "filter: %d earlier ones are still being compiled, and nobody "
				 "waits for them; try again later",
				 LEFT_MAX);
	job = calloc(1, sizeof(*job));
	if (job == NULL || (job->expression = strdup(expression)) == NULL) {
		free(job);
		return error_set(error, ENOMEM, "filter: out of memory; free some");
	}
	job->gently = gently;
	format_brief(job->name, sizeof(job->name), expression);
	result = start_thread(job, compile, error);
	if (result != 0)
		job_free(job);
	else
		*started = job;
	return result;
}

/* The thread's work is done: on to the next, or the result. 0: all is done; 1: it goes on. */
static int advance(struct filter_job *job, struct error *error)
{
	int result = job->result;

	if (result != 0 && error != NULL)
		*error = job->error;
	if (result != 0 || job->bpf != NULL)
		return result;
	result = convert(job, error);
	if (result == 0)
		result = start_thread(job, load, error);
	return result == 0 ? 1 : result;
}

int filter_compile_look(struct filter_job *job, uint64_t until, struct filter_code *code,
			struct error *error)
{
	int result;

	do {
		const struct timespec moment = {.tv_sec = (time_t)(until / CLOCK_SECOND),
						.tv_nsec = (long)(until % CLOCK_SECOND)};

		if (pthread_clockjoin_np(job->thread, NULL, CLOCK_MONOTONIC, &moment) != 0) {
			if (clock_monotonic_ns() < job->deadline)
				return -EAGAIN;
			error_set(error, ETIMEDOUT,
				  "filter \"%s\": not compiled within %d s; give fewer terms, for "
				  "example networks instead of hosts",
				  job->name, DEADLINE_SECONDS);
			filter_compile_leave(job);
			return -ETIMEDOUT;
		}
		result = advance(job, error);
	} while (result > 0);
	if (result == 0) {
		*code = (struct filter_code){.program = job->program, .bpf = job->bpf};
		if (job->jit)
			rte_bpf_get_jit(code->bpf, &code->jit);
		job->program = (struct bpf_program){0};
		job->bpf = NULL;
	}
	job_free(job);
	return result;
}

void filter_code_free(struct filter_code *code)
{
	if (code->bpf != NULL)
		rte_bpf_destroy(code->bpf);
	pcap_freecode(&code->program);
	*code = (struct filter_code){0};
}
