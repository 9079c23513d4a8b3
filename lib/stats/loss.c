/* SPDX-License-Identifier: BSD-3-Clause */
#include "loss.h"

#include <string.h>

static void note(struct stats_loss *when, uint64_t *before, uint64_t lost, uint64_t now,
		 uint64_t elapsed)
{
	if (lost == *before)
		return;
	*before = lost;
	if (when->first == 0)
		when->first = now - elapsed;
	when->last = now;
	when->time += elapsed;
}

void loss_note(struct loss *loss, uint64_t now, uint64_t elapsed, struct snapshot *snapshot)
{
	for (uint32_t p = 0; p < snapshot->port_count; p++) {
		struct snapshot_port *port = &snapshot->ports[p];
		const struct port_counters *counters = &port->counters;

		note(&loss->ports[p].when, &loss->ports[p].lost,
		     counters->missed + counters->no_mbuf, now, elapsed);
		port->loss = loss->ports[p].when;
		for (uint16_t q = 0; q < counters->queues; q++)
			note(&loss->ports[p].queue_when[q], &loss->ports[p].queue_missed[q],
			     counters->queue[q].missed, now, elapsed);
		memcpy(port->queue_loss, loss->ports[p].queue_when, sizeof(port->queue_loss));
	}
}
