/* SPDX-License-Identifier: BSD-3-Clause */
#include "frames.h"

#include <errno.h>
/* A frame may come from any of the worker's ports: so many as the poorest of their pools can lend.
 */
static uint32_t spare_of(const struct source *source, const struct worker *worker)
{
	uint32_t spare = HANDOVER_FRAMES;

	for (uint16_t q = 0; q < worker->queue_count; q++)
		for (uint32_t p = 0; p < source->port_count; p++)
			if (source->ports[p].id == worker->queues[q].port)
				spare = RTE_MIN(spare, source->ports[p].spare);
	return spare;
}

int frames_prepare(struct frames *frames, uint32_t index, struct worker *worker,
		   const struct source *source, struct error *error)
{
	worker->handover = frames->handovers[index] = handover_create(spare_of(source, worker));
	if (worker->handover == NULL)
		return error_set(error, ENOMEM, "capture: no memory for its rings; free some");
	return 0;
}

void frames_stop(struct frames *frames)
{
	for (uint32_t w = 0; w < SNAPSHOT_WORKERS_MAX; w++)
		handover_destroy(frames->handovers[w]);
	*frames = (struct frames){.handovers = {NULL}};
}
