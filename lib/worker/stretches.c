/* SPDX-License-Identifier: BSD-3-Clause */
#include "loop.h"

/* All that has been counted up to now. */
static struct timeline_sums count_all(const struct loop *loop)
{
	const struct flow_counters *flows = flow_table_counters(loop->worker->shared.table);
	const struct worker_counters *counters = &loop->counters;

	return (struct timeline_sums){
		.packets = counters->received - counters->reasons[PACKET_FILTERED_EXPRESSION] -
			   counters->reasons[PACKET_SAMPLED_OUT],
		.frame_octets = counters->frame_octets,
		.ip_octets = flows->octets + flows->overflow_octets,
		.flows = flows->created,
	};
}

void loop_end_stretch(struct loop *loop)
{
	const struct timeline_sums before = loop->in_timeline, now = count_all(loop);

	if (now.packets == before.packets)
		return;
	loop->in_timeline = now;
	timeline_add(loop->timeline, loop->counted,
		     &(struct timeline_sums){
			     .packets = now.packets - before.packets,
			     .frame_octets = now.frame_octets - before.frame_octets,
			     .ip_octets = now.ip_octets - before.ip_octets,
			     .flows = now.flows - before.flows,
		     });
}

void loop_begin_stretch(struct loop *loop, uint64_t time)
{
	loop_end_stretch(loop);
	loop->counted = time;
	loop->counted_until = timeline_until(loop->timeline, time);
}
