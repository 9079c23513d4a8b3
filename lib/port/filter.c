/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/filter.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <rte_mbuf_dyn.h>

#include <weir/clock.h>

#include "filter_compile.h"

struct filter {
	struct filter_code code;
	const struct port_fields *fields;
};

static struct filter *wrap(const struct filter_code *code, const struct port_fields *fields)
{
	struct filter *filter = calloc(1, sizeof(*filter));

	if (filter != NULL)
		*filter = (struct filter){*code, fields};
	return filter;
}

int filter_begin(const char *expression, struct filter_job **job, struct error *error)
{
	return filter_compile_start(expression, true, job, error);
}

static int look(struct filter_job *job, uint64_t until, const struct port_fields *fields,
		struct filter **filter, struct error *error)
{
	struct filter_code code;
	struct filter *made;
	int result = filter_compile_look(job, until, &code, error);

	if (result != 0)
		return result;
	made = wrap(&code, fields);
	if (made == NULL) {
		filter_code_free(&code);
		return error_set(error, ENOMEM, "filter: out of memory; free some");
	}
	*filter = made;
	return 0;
}

int filter_look(struct filter_job *job, const struct port_fields *fields, struct filter **filter,
		struct error *error)
{
	return look(job, 0, fields, filter, error);
}

void filter_leave(struct filter_job *job)
{
	filter_compile_leave(job);
}

int filter_create(const char *expression, const struct port_fields *fields, struct filter **filter,
		  struct error *error)
{
	struct filter_job *job;
	int result = filter_compile_start(expression, false, &job, error);

	if (result != 0)
		return result;
	do
		result = look(job, clock_monotonic_ns() + CLOCK_SECOND, fields, filter, error);
	while (result == -EAGAIN);
	return result;
}

void filter_destroy(struct filter *filter)
{
	if (filter == NULL)
		return;
	filter_code_free(&filter->code);
	free(filter);
}

/* `len` and the greater/less primitives mean the wire length, which rte_bpf does not know. */
static bool match_snapped(const struct filter *filter, const struct rte_mbuf *mbuf, uint32_t wire)
{
	const struct pcap_pkthdr header = {.caplen = rte_pktmbuf_data_len(mbuf), .len = wire};

	return pcap_offline_filter(&filter->code.program, &header,
				   rte_pktmbuf_mtod(mbuf, const uint8_t *)) != 0;
}

static bool match(const struct filter *filter, struct rte_mbuf *mbuf)
{
	if (mbuf->ol_flags & filter->fields->wire_flag) {
		uint32_t wire = *RTE_MBUF_DYNFIELD(mbuf, filter->fields->wire_length, uint32_t *);

		if (wire != rte_pktmbuf_pkt_len(mbuf))
			return match_snapped(filter, mbuf, wire);
	}
	if (filter->code.jit.func != NULL)
		return filter->code.jit.func(mbuf) != 0;
	return rte_bpf_exec(filter->code.bpf, mbuf) != 0;
}

uint64_t filter_match(const struct filter *filter, struct rte_mbuf *const *mbufs, uint16_t count)
{
	uint64_t matches = 0;

	for (uint16_t i = 0; i < count; i++)
		matches |= (uint64_t)match(filter, mbufs[i]) << i;
	return matches;
}
