/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_FRAMES_H
#define WEIR_APP_WEIR_FRAMES_H

#include <weir/capture.h>
#include <weir/handover.h>
#include <weir/snapshot.h>
#include <weir/source.h>
#include <weir/worker.h>

/*
 * Frames for clients that ask for them (weir/capture.h): what workers and the socket have between
 * them. Zeroed at first. Main thread.
 */
struct frames {
	struct handover *handovers[WORKERS_MAX];
	struct capture_interface interfaces[PORTS_MAX];
	char descriptions[PORTS_MAX][64];
	struct capture *capture; /* NULL: no socket */
};

/* Worker `index`, whose queues are placed, can hand over frames from now on. */
int frames_prepare(struct frames *frames, uint32_t index, struct worker *worker,
		   const struct source *source, struct error *error);

/* Listen for clients. Where there is no directory for sockets weir does without, and says so. */
void frames_start(struct frames *frames, const struct source *source, uint32_t worker_count);

/* The workers have left. Before the source is closed, whose pools the frames are of. */
void frames_stop(struct frames *frames);

#endif
