/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_EAL_INTERVALS_RIG_H
#define WEIR_TESTS_EAL_INTERVALS_RIG_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <kit/prng.h>
#include <weir/reader.h>
#include <weir/rendezvous.h>
#include <weir/stats.h>
#include <weir/worker.h>

#include "capture_rig.h"

/*
 * Reader, workers and stats core as in weir, over a capture of which is known what the clock of
 * each frame is, and a consumer that writes down what it is given. What fails ends the test. Main
 * thread.
 */
#define WORKERS_MOST 4
#define TOP_LENGTH   10
#define ENDED_RING   1024 /* of each worker: less than may end at one border */
#define FRAMES_MAX   60000

struct traffic {
	struct capture capture;
	struct prng prng;
	uint64_t now;    /* the clock */
	uint64_t behind; /* a frame's time is so much less: the host's clock was set back */
	uint32_t frames;
	uint64_t clocks[FRAMES_MAX];
};

struct notes {
	FILE *out;
	char *text;
	size_t size;
	/* Of the interval under way. */
	char (*lines)[160];
	uint32_t count, records;
	uint64_t packets;
	/* Of all: packets of each interval, and when it was. */
	struct {
		struct stats_interval interval;
		uint64_t packets;
	} intervals[300];
	uint32_t interval_count, records_most;
	uint32_t room, asked; /* records that may be given now; how often there were none */
};

struct rig {
	struct reader *reader;
	struct port port;
	struct rendezvous rendezvous;
	struct worker workers[WORKERS_MOST];
	struct worker_shared *shared[WORKERS_MOST];
	pthread_t threads[WORKERS_MOST];
	uint16_t worker_count;
	struct stats *stats;
	bool stop_workers;
};

/* Written to a file of this name, at eal_rig_path(). Freed by free(). */
struct traffic *traffic_make(const char *name);

/* The text is good, and to be freed, once they are closed. */
void notes_open(struct notes *notes);
void notes_close(struct notes *notes);

/* Open them, and give them to a consumer of deltas, records and intervals. */
void notes_add(struct rig *rig, struct notes *notes);

/* For a struct stats_consumer of records alone: lines, which qsort() can order. */
void notes_record(void *context, const struct flow_view *view);
uint32_t notes_room(void *context);
int notes_compare(const void *a, const void *b);

void intervals_open(struct rig *rig, const char *path, uint16_t workers);
/* Reader, workers and stats core meet at each second of the capture. */
void intervals_arrange(struct rig *rig);
void intervals_close(struct rig *rig);

/* From the first frame to the last; with `stop_after`, only until so many intervals have ended. */
void intervals_analyse(struct rig *rig, const struct notes *notes, uint32_t stop_after);

#endif
