/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_BUS_BATCH_H
#define WEIR_EXPORT_BUS_BATCH_H

#include <stdint.h>

#include <weir/flow.h>
#include <weir/outlet.h>

/*
 * Records on their way through queues. The bus fills it and holds it meanwhile; each outlet that
 * takes it holds it until all of it is sent or lost. When nobody does, the bus may fill it again.
 */
struct bus_batch {
	uint32_t holders; /* atomic; the bus adds, bus and outlets take away */
	uint32_t count;   /* this and the records: the bus, before anybody else holds it */
	struct flow_view records[BUS_BATCH];
};

static inline void bus_batch_hold(struct bus_batch *batch)
{
	__atomic_add_fetch(&batch->holders, 1, __ATOMIC_RELAXED);
}

/* All that was read of it was read before. */
static inline void bus_batch_let_go(struct bus_batch *batch)
{
	__atomic_sub_fetch(&batch->holders, 1, __ATOMIC_RELEASE);
}

static inline bool bus_batch_is_free(const struct bus_batch *batch)
{
	return __atomic_load_n(&batch->holders, __ATOMIC_ACQUIRE) == 0;
}

#endif
