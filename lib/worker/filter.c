/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/filter.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <pcap/pcap.h>

#include <rte_bpf.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf_dyn.h>

struct filter {
	struct bpf_program program; /* libpcap's classic BPF: for frames cut by a snap length */
	struct rte_bpf *bpf;	    /* the same, for DPDK's interpreter and JIT */
	struct rte_bpf_jit jit;	    /* func NULL: no JIT for this CPU, or program */
	struct port_fields fields;
};

/* What pcap-filter(7) calls the snap length: longer than any frame. */
#define FILTER_SNAPLEN 262144

static int compile_classic(struct filter *filter, const char *expression, struct error *error)
{
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, FILTER_SNAPLEN);
	int result = 0;

	if (dead == NULL)
		return error_set(error, ENOMEM, "filter: out of memory; free some");
	if (pcap_compile(dead, &filter->program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0)
		result = error_set(error, EINVAL, "filter \"%s\": %s; see pcap-filter(7)", expression,
				   pcap_geterr(dead));
	pcap_close(dead);
	return result;
}

/*
 * Two faults of DPDK's, found by fuzzing against libpcap's own interpreter (tests/fuzz/filter.c) and
 * there in 22.11: without these two functions `tcp[13] = 18` matches nothing, and
 * `ether multicast` everything.
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

static int load_bpf(struct filter *filter, const char *expression, struct error *error)
{
	struct rte_bpf_prm *parameters = rte_bpf_convert(&filter->program);
	bool jit = false;

	if (parameters != NULL) {
		mend_byte_loads(parameters);
		jit = jit_is_right(parameters);
		filter->bpf = rte_bpf_load(parameters);
		rte_free(parameters);
	}
	if (filter->bpf == NULL)
		return error_set(error, EINVAL,
				 "filter \"%s\": DPDK cannot run it (%s); write it more simply",
				 expression, rte_strerror(rte_errno));
	if (jit)
		rte_bpf_get_jit(filter->bpf, &filter->jit);
	return 0;
}

int filter_create(const char *expression, const struct port_fields *fields, struct filter **filter,
		  struct error *error)
{
	struct filter *made = calloc(1, sizeof(*made));
	int result;

	if (made == NULL)
		return error_set(error, ENOMEM, "filter: out of memory; free some");
	made->fields = *fields;
	result = compile_classic(made, expression, error);
	if (result == 0)
		result = load_bpf(made, expression, error);
	if (result != 0) {
		filter_destroy(made);
		return result;
	}
	*filter = made;
	return 0;
}

void filter_destroy(struct filter *filter)
{
	if (filter == NULL)
		return;
	if (filter->bpf != NULL)
		rte_bpf_destroy(filter->bpf);
	pcap_freecode(&filter->program);
	free(filter);
}

/* `len` and the greater/less primitives mean the wire length, which rte_bpf does not know. */
static bool match_snapped(const struct filter *filter, const struct rte_mbuf *mbuf, uint32_t wire)
{
	const struct pcap_pkthdr header = {.caplen = rte_pktmbuf_data_len(mbuf), .len = wire};

	return pcap_offline_filter(&filter->program, &header,
				   rte_pktmbuf_mtod(mbuf, const uint8_t *)) != 0;
}

static bool match(const struct filter *filter, struct rte_mbuf *mbuf)
{
	if (mbuf->ol_flags & filter->fields.wire_flag) {
		uint32_t wire = *RTE_MBUF_DYNFIELD(mbuf, filter->fields.wire_length, uint32_t *);

		if (wire != rte_pktmbuf_pkt_len(mbuf))
			return match_snapped(filter, mbuf, wire);
	}
	if (filter->jit.func != NULL)
		return filter->jit.func(mbuf) != 0;
	return rte_bpf_exec(filter->bpf, mbuf) != 0;
}

uint64_t filter_match(const struct filter *filter, struct rte_mbuf *const *mbufs, uint16_t count)
{
	uint64_t matches = 0;

	for (uint16_t i = 0; i < count; i++)
		matches |= (uint64_t)match(filter, mbufs[i]) << i;
	return matches;
}
