/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_BENCH_SENDER_SENDER_H
#define WEIR_TESTS_BENCH_SENDER_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_mempool.h>

/*
 * bench-sender sends a capture over and over through a DPDK port, at a given rate or as fast as
 * the port takes it, and counts every frame. One thread.
 */

/* ---- frames in memory (frames.c) ---- */

/* Frames one after another, each beginning a cache line, so that reading them in turn is cheap. */
struct frames {
	uint8_t *memory;
	size_t bytes, used; /* of memory */
	uint64_t count;
	size_t next; /* where the frame is that frames_next() returns */
};

struct stored_frame {
	uint16_t length; /* without FCS */
	uint8_t bytes[];
};

/* Read all of a capture into memory. Ends the program with a line when that does not work. */
void frames_load(struct frames *frames, const char *path);

#define FRAME_LINE 64

static inline size_t frames_taken(uint32_t length)
{
	return (sizeof(struct stored_frame) + length + FRAME_LINE - 1) / FRAME_LINE * FRAME_LINE;
}

/* The next frame; after the last one comes the first. */
static inline const struct stored_frame *frames_next(struct frames *frames)
{
	const uint8_t *at = frames->memory + frames->next;
	const struct stored_frame *frame = (const struct stored_frame *)at;

	frames->next += frames_taken(frame->length);
	if (frames->next == frames->used)
		frames->next = 0;
	return frame;
}

/* ---- sending (trial.c) ---- */

struct trial {
	uint64_t rate;   /* frames a second; 0: as fast as the port takes them */
	uint64_t frames; /* how many */
	bool lossless;   /* wait for room; else what the port does not take at once is lost */
};

struct trial_result {
	uint64_t offered, accepted; /* the difference found no room in the receiver's ring */
	double seconds;
	double late; /* of those the sender was kept from its core */
};

void trial_run(const struct trial *trial, struct frames *frames, uint16_t port,
	       struct rte_mempool *pool, struct trial_result *result);

#endif
