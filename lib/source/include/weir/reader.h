/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_READER_H
#define WEIR_READER_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/captures.h>
#include <weir/error.h>
#include <weir/port.h>
#include <weir/reader_clock.h>

/*
 * The capture reader: a thread that reads captures (captures.h), fills mbufs (wire
 * length, nanosecond time and a clock that never goes back, see reader_clock.h, in the dynamic
 * fields) and hands them over a ring port, so that workers see an ordinary ethdev. Frames are
 * spread over the queues by a symmetric hash of the addresses alone, so that all fragments and both
 * directions of a flow meet one worker; frames of no flow go to queue 0. The hash is the same in
 * every run. It waits for room and drops nothing. One reader at a time in a process.
 *
 * A worker that is alone reads for itself, in reader_at_end(), unless reading may have to wait (a
 * pipe), or there are intervals at which to meet: a frame that one core writes and another one
 * reads costs both of them more than its analysis does. See docs/decisions/captures-read.md.
 */

#define READER_QUEUES_MAX 16 /* as DPDK's ring port has */

struct reader;
struct rendezvous;

struct reader_result {
	uint64_t frames; /* handed over */
	uint64_t octets; /* captured bytes of those */
	uint64_t clock;  /* the clock at the end, ns */
	uint64_t span;   /* by the clock, from the earliest to the latest frame, ns */
	struct reader_clock_note events[READER_CLOCK_EVENTS]; /* by enum reader_clock_event */
	const char *event_files[READER_CLOCK_EVENTS]; /* where the first one was; the reader's */
	bool stopped;                                 /* by reader_stop(): there may be more */
	struct captures_result captures;
	const struct remarks *remarks; /* on the captures; the reader's */
};

/*
 * Look into the captures ("-": standard input; of directories all in them), to be read in the
 * order of time; as captures_open(), before anything is started.
 */
int reader_open(const char *const *files, unsigned int count, struct reader **reader,
		struct error *error);

/*
 * Make the ring port with `queues` queues (1..READER_QUEUES_MAX) and the pool;
 * *port_id is its ethdev. The port is then opened with port_open() like any other. Main
 * thread, after rte_eal_init().
 */
int reader_attach(struct reader *reader, uint16_t queues, const struct port_fields *fields,
		  uint16_t *port_id, struct error *error);

/*
 * The thread meets workers and stats core at the multiples of `interval` ns that its clock passes,
 * with all frames before them handed out, and of those in a time without frames only at the first
 * and the last. Before reader_start(); `rendezvous` outlives the thread.
 */
void reader_meet(struct reader *reader, struct rendezvous *rendezvous, uint64_t interval);

/*
 * Start the thread. It runs where the caller may run. `reader_stop` makes it end early, also when
 * it waits for a pipe; what is in the rings then is still counted and to be taken.
 */
int reader_start(struct reader *reader, struct error *error);
void reader_stop(struct reader *reader);

/*
 * True once every frame has been put into the rings: a worker that then finds its queue
 * empty is at the end. Any thread. A worker asks reader_at_end() before each look at its queue;
 * where it reads for itself that is what makes frames come.
 */
bool reader_finished(const struct reader *reader);
bool reader_at_end(struct reader *reader);

/* How far it is. Any thread. */
struct captures_progress reader_progress(const struct reader *reader);

/* After reader_finished(): what was read. */
void reader_result(const struct reader *reader, struct reader_result *result);

/* Join the thread, close the files, free all but the ethdev (port_close() first). */
void reader_close(struct reader *reader);

#endif
