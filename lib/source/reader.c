/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/reader.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include <weir/captures.h>
#include <weir/signals.h>

#include "reader_intervals.h"
#include "reader_port.h"
#include "reader_spread.h"

#define PREFETCH_AHEAD 8 /* mbufs */

struct reader {
	struct captures *captures;
	int wake; /* eventfd: readable once the reader shall stop */
	struct port_fields fields;
	struct reader_port port;
	pthread_t thread;
	bool running;
	bool finished; /* atomic: who reads writes it once, `result` is whole then */
	struct reader_result result;
	/* Of the thread that reads: the one above, or, if the port does not wait, the worker. */
	struct reader_clock clock;
	struct reader_intervals intervals;
	struct {
		struct rte_mbuf *mbuf;
		uint16_t queue;
	} held[READER_CLOCK_WAITING]; /* filled, waiting for their clock; as in `clock` */
	unsigned int held_count;
	struct reader_clock_place place;           /* of the last frame read */
	struct rte_mbuf *spare[READER_PORT_BATCH]; /* empty ones */
	unsigned int spares;
	const struct savefile_frame *frames; /* read, of which `taken` have become mbufs */
	unsigned int count, taken;
	uint32_t number; /* of the next frame, in all captures; wraps: what --sample draws by */
};

static void hand_over(struct reader *reader)
{
	if (unlikely(reader->clock.now > reader->intervals.until))
		reader_intervals_pass(&reader->intervals, &reader->port, reader->clock.now,
				      reader->fields.clock);
	reader_port_hand_over(&reader->port);
}

/* ---- a frame becomes an mbuf ---- */

/* Chain as many mbufs to `mbuf` as the frame needs. False: the reader shall stop. */
static bool copy_to_chain(struct reader *reader, struct rte_mbuf *mbuf, const uint8_t *data,
			  uint32_t length)
{
	struct rte_mbuf *last = mbuf;

	for (uint32_t done = 0;;) {
		uint16_t part =
			(uint16_t)RTE_MIN((uint32_t)rte_pktmbuf_tailroom(last), length - done);

		memcpy(rte_pktmbuf_mtod(last, void *), data + done, part);
		last->data_len = part;
		done += part;
		if (done == length)
			return true;
		if (!reader_port_allocate(&reader->port, &last->next, 1)) {
			last->next = NULL;
			return false;
		}
		last = last->next;
		rte_pktmbuf_reset(last);
		mbuf->nb_segs++;
	}
}

/* All but the clock. */
static void set_fields(const struct reader *reader, struct rte_mbuf *mbuf,
		       const struct savefile_frame *frame)
{
	const struct port_fields *fields = &reader->fields;

	*RTE_MBUF_DYNFIELD(mbuf, fields->time, uint64_t *) = frame->time;
	*RTE_MBUF_DYNFIELD(mbuf, fields->wire_length, uint32_t *) = frame->wire;
	mbuf->ol_flags = fields->time_flag | fields->wire_flag;
	mbuf->port = reader->port.id;
	mbuf->pkt_len = frame->captured;
}

/* The worker had it last: its lines are a hundred cycles away, and about to be written. */
static void prefetch_mbuf(const struct rte_mbuf *mbuf)
{
	__builtin_prefetch(mbuf, 1);
	__builtin_prefetch(RTE_PTR_ADD(mbuf, RTE_CACHE_LINE_SIZE), 1);
	__builtin_prefetch(RTE_PTR_ADD(mbuf, sizeof(*mbuf) + RTE_PKTMBUF_HEADROOM), 1);
}

/* The frame has its clock, the reader's: on with it to its queue. */
static inline void stage(struct reader *reader, struct rte_mbuf *mbuf, uint16_t queue)
{
	*RTE_MBUF_DYNFIELD(mbuf, reader->fields.clock, uint64_t *) = reader->clock.now;
	reader_port_stage(&reader->port, mbuf, queue);
}

/* Stage the held frames that have their clock now; with `last` all of them have. */
static void release(struct reader *reader, bool last)
{
	unsigned int done = 0;

	for (; reader_clock_judge(&reader->clock, last); done++)
		stage(reader, reader->held[done].mbuf, reader->held[done].queue);
	reader->held_count -= done;
	memmove(&reader->held[0], &reader->held[done],
		reader->held_count * sizeof(reader->held[0]));
}

static void hold(struct reader *reader, struct rte_mbuf *mbuf, uint16_t queue, uint64_t time)
{
	reader->held[reader->held_count].mbuf = mbuf;
	reader->held[reader->held_count++].queue = queue;
	reader_clock_wait(&reader->clock, time, reader->place);
	release(reader, false);
}

/*
 * The frame's bytes go into `mbuf` and, if they are many, more of them. False: the reader shall
 * stop.
 */
static inline bool copy(struct reader *reader, struct rte_mbuf *mbuf, const uint8_t *data,
			uint32_t length)
{
	if (unlikely(length > rte_pktmbuf_tailroom(mbuf)))
		return copy_to_chain(reader, mbuf, data, length);
	memcpy(rte_pktmbuf_mtod(mbuf, void *), data, length);
	mbuf->data_len = (uint16_t)length;
	return true;
}

/*
 * As copy(), a frame of another link type: it becomes an Ethernet one, whose header and first bytes
 * are where `data` then points to.
 */
static __attribute__((noinline)) bool copy_as_ethernet(struct reader *reader, struct rte_mbuf *mbuf,
						       struct savefile_frame *frame)
{
	uint8_t header[ETHERNET_HEADER];
	unsigned int front = savefile_to_ethernet(frame, header);

	if (!copy(reader, mbuf, frame->data, frame->captured - front))
		return false;
	memcpy(rte_pktmbuf_prepend(mbuf, (uint16_t)front), header, front);
	frame->data = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	return true;
}

static uint16_t choose_queue(const struct reader *reader, const struct rte_mbuf *mbuf,
			     const struct savefile_frame *frame)
{
	uint32_t at_data = frame->link == LINK_ETHERNET ? frame->captured : mbuf->data_len;

	return reader_spread(frame->data, at_data, frame->wire, reader->port.queues);
}

/* There is a spare mbuf. False: the reader shall stop. */
static inline bool take_frame(struct reader *reader, struct savefile_frame frame)
{
	struct rte_mbuf *mbuf = reader->spare[--reader->spares];
	uint16_t queue = 0;
	bool copied;

	if (likely(reader->spares >= PREFETCH_AHEAD))
		prefetch_mbuf(reader->spare[reader->spares - PREFETCH_AHEAD]);
	reader->place.frame = frame.number;
	rte_pktmbuf_reset(mbuf);
	mbuf->hash.usr = reader->number++;
	if (likely(frame.link == LINK_ETHERNET))
		copied = copy(reader, mbuf, frame.data, frame.captured);
	else
		copied = copy_as_ethernet(reader, mbuf, &frame);
	if (unlikely(!copied)) {
		rte_pktmbuf_free(mbuf);
		return false;
	}
	set_fields(reader, mbuf, &frame);
	if (reader->port.queues > 1)
		queue = choose_queue(reader, mbuf, &frame);
	if (likely(reader_clock_follow(&reader->clock, frame.time)))
		stage(reader, mbuf, queue);
	else
		hold(reader, mbuf, queue, frame.time);
	/* A batch of such frames could hold all mbufs: hand over after each. */
	if (unlikely(mbuf->nb_segs > 1))
		hand_over(reader);
	return true;
}

/* ---- the thread ---- */

/* What is staged has to go out before as much can be staged again. */
static bool get_spares(struct reader *reader)
{
	hand_over(reader);
	if (!reader_port_allocate(&reader->port, reader->spare, READER_PORT_BATCH))
		return false;
	reader->spares = READER_PORT_BATCH;
	for (unsigned int i = 1; i <= PREFETCH_AHEAD; i++)
		prefetch_mbuf(reader->spare[READER_PORT_BATCH - i]);
	return true;
}

/*
 * The frames read last become mbufs, and more are read if there are none left. False: that is all,
 * or there are no mbufs.
 */
static bool read_some(struct reader *reader)
{
	if (reader->taken == reader->count) {
		reader->count =
			captures_next(reader->captures, &reader->frames, &reader->place.file);
		reader->taken = 0;
		if (reader->count == 0)
			return false;
	}
	for (; reader->taken < reader->count; reader->taken++)
		if ((reader->spares == 0 && !get_spares(reader)) ||
		    !take_frame(reader, reader->frames[reader->taken]))
			return false;
	return true;
}

static void read_captures(struct reader *reader)
{
	const bool live = captures_are_live(reader->captures);

	while (!reader_port_stopped(&reader->port) && read_some(reader))
		if (live) /* the next one may be long in coming */
			hand_over(reader);
}

/* What was handed over, and what the clock has been through. */
static void note_result(struct reader *reader)
{
	const struct reader_clock *clock = &reader->clock;

	reader->result.frames = reader->port.frames;
	reader->result.octets = reader->port.octets;
	reader->result.clock = clock->now;
	reader->result.span = clock->now - clock->earliest;
	for (unsigned int i = 0; i < READER_CLOCK_EVENTS; i++) {
		reader->result.events[i] = clock->notes[i];
		reader->result.event_files[i] =
			captures_name(reader->captures, clock->notes[i].place.file);
	}
	reader->result.stopped = reader_port_stopped(&reader->port);
	captures_result(reader->captures, &reader->result.captures);
	reader->result.remarks = captures_remarks(reader->captures);
}

/* There will be no more. */
static void end(struct reader *reader)
{
	captures_finish(reader->captures);
	release(reader, true);
	hand_over(reader);
	note_result(reader);
	rte_pktmbuf_free_bulk(reader->spare, reader->spares);
	reader->spares = 0;
	__atomic_store_n(&reader->finished, true, __ATOMIC_RELEASE);
}

static void *reader_main(void *argument)
{
	struct reader *reader = argument;

	prctl(PR_SET_NAME, "weir-reader");
	prctl(PR_SET_TIMERSLACK, 1000UL); /* a moment of 20 us, not of 70 */
	read_captures(reader);
	end(reader);
	return NULL;
}

/* ---- the worker reads ---- */

/* What was handed over has been taken, so there is room. */
static void read_for_worker(struct reader *reader)
{
	bool more = read_some(reader);

	hand_over(reader);
	/* Without mbufs it goes on when they have come back. */
	if (!more && reader->taken == reader->count)
		end(reader);
}

bool reader_at_end(struct reader *reader)
{
	const struct reader_port *port = &reader->port;

	if (port->waits || reader->finished)
		return reader_finished(reader);
	if (reader_port_stopped(port))
		end(reader);
	else if (rte_ring_empty(port->rings[0]))
		read_for_worker(reader);
	return reader->finished;
}

/* ---- life ---- */

int reader_open(const char *const *files, unsigned int count, struct reader **reader,
		struct error *error)
{
	struct reader *new = calloc(1, sizeof(*new));
	int result;

	if (new == NULL)
		return error_set(error, ENOMEM, "capture reader: no memory");
	new->intervals.until = UINT64_MAX;
	new->wake = eventfd(0, EFD_CLOEXEC);
	if (new->wake < 0)
		result = error_set(error, errno, "capture reader: %s", strerror(errno));
	else
		result = captures_open(&new->captures, files, count, new->wake, error);
	if (result == 0)
		*reader = new;
	else
		reader_close(new);
	return result;
}

int reader_attach(struct reader *reader, uint16_t queues, const struct port_fields *fields,
		  uint16_t *port_id, struct error *error)
{
	int result = reader_port_make(&reader->port, queues, error);

	reader->fields = *fields;
	reader->port.waits = queues > 1 || captures_are_live(reader->captures);
	*port_id = reader->port.id;
	return result;
}

void reader_meet(struct reader *reader, struct rendezvous *rendezvous, uint64_t interval)
{
	reader->intervals = (struct reader_intervals){
		.rendezvous = rendezvous, .length = interval, .until = interval - 1};
	reader->port.waits = true;
}

int reader_start(struct reader *reader, struct error *error)
{
	int result;

	if (!reader->port.waits)
		return 0;
	result = signals_start_thread(&reader->thread, reader_main, reader);
	if (result != 0)
		return error_set(error, -result, "capture reader: no thread: %s",
				 strerror(-result));
	reader->running = true;
	return 0;
}

void reader_stop(struct reader *reader)
{
	reader_port_stop(&reader->port);
	eventfd_write(reader->wake, 1);
}

bool reader_finished(const struct reader *reader)
{
	return __atomic_load_n(&reader->finished, __ATOMIC_ACQUIRE);
}

struct captures_progress reader_progress(const struct reader *reader)
{
	return captures_progress(reader->captures);
}

void reader_result(const struct reader *reader, struct reader_result *result)
{
	*result = reader->result;
}

void reader_close(struct reader *reader)
{
	if (reader == NULL)
		return;
	if (reader->running) {
		reader_stop(reader);
		pthread_join(reader->thread, NULL);
	}
	reader_port_free(&reader->port);
	captures_close(reader->captures);
	if (reader->wake >= 0)
		close(reader->wake);
	free(reader);
}
