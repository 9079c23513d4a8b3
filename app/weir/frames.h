/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_FRAMES_H
#define WEIR_APP_WEIR_FRAMES_H

#include <weir/handover.h>
#include <weir/snapshot.h>
#include <weir/source.h>
#include <weir/worker.h>

/* Frames for clients that ask for them (weir/handover.h): what workers and others have between
 * them. Zeroed at first. Main thread. */
struct frames {
	struct handover *handovers[SNAPSHOT_WORKERS_MAX];
};

/* Worker `index`, whose queues are placed, can hand over frames from now on. */
int frames_prepare(struct frames *frames, uint32_t index, struct worker *worker,
		   const struct source *source, struct error *error);

/* The workers have left. Before the source is closed, whose pools the frames are of. */
void frames_stop(struct frames *frames);

#endif
