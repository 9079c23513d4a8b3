/* SPDX-License-Identifier: BSD-3-Clause */
#include "loss.h"

/* What is noted by now, dated. */
static struct stats_loss note(struct stats_loss *when, uint64_t *before, uint64_t lost,
			      struct clock_reading now, uint64_t elapsed)
{
	struct stats_loss dated;

	if (lost != *before) {
		*before = lost;
		if (when->last == 0)
			when->first = now.clock - elapsed;
		when->last = now.clock;
		when->time += elapsed;
	}
	dated = *when;
	if (when->last != 0) {
		dated.first += (uint64_t)now.shift;
		dated.last += (uint64_t)now.shift;
	}
	return dated;
}

void loss_note(struct loss *loss, struct clock_reading now, uint64_t elapsed,
	       struct snapshot *snapshot)
{
	for (uint32_t p = 0; p < snapshot->port_count; p++) {
		struct snapshot_port *port = &snapshot->ports[p];
		const struct port_counters *counters = &port->counters;

		port->loss = note(&loss->ports[p].when, &loss->ports[p].lost,
				  counters->missed + counters->no_mbuf, now, elapsed);
		for (uint16_t q = 0; q < counters->queues; q++)
			port->queue_loss[q] =
				note(&loss->ports[p].queue_when[q], &loss->ports[p].queue_missed[q],
				     counters->queue[q].missed, now, elapsed);
	}
}
