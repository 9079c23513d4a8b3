/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/port.h>

#include <rte_errno.h>
#include <rte_mbuf_dyn.h>

static const struct rte_mbuf_dynfield clock_field = {
	.name = "weir_dynfield_clock",
	.size = sizeof(uint64_t),
	.align = __alignof__(uint64_t),
};

static const struct rte_mbuf_dynfield wire_length_field = {
	.name = "weir_dynfield_wire_length",
	.size = sizeof(uint32_t),
	.align = __alignof__(uint32_t),
};

static const struct rte_mbuf_dynflag wire_flag = {
	.name = "weir_dynflag_wire",
};

/* DPDK returns the earlier place when a name is registered again, which makes this idempotent. */
int port_fields_register(struct port_fields *fields, struct error *error)
{
	int bit;

	if (rte_mbuf_dyn_rx_timestamp_register(&fields->time, &fields->time_flag) != 0)
		goto full;
	fields->clock = rte_mbuf_dynfield_register(&clock_field);
	if (fields->clock < 0)
		goto full;
	fields->wire_length = rte_mbuf_dynfield_register(&wire_length_field);
	if (fields->wire_length < 0)
		goto full;
	bit = rte_mbuf_dynflag_register(&wire_flag);
	if (bit < 0)
		goto full;
	fields->wire_flag = RTE_BIT64(bit);
	return 0;

full:
	return error_set(error, rte_errno,
			 "mbuf fields: %s; another library of this program took the room",
			 rte_strerror(rte_errno));
}
