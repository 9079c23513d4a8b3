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

#include <weir/signals.h>

#include "reader_file.h"
#include "reader_intervals.h"
#include "reader_port.h"
#include "reader_spread.h"

#define PREFETCH_AHEAD 8 /* mbufs */

struct reader {
	struct reader_file *files;
	unsigned int file_count;
	int wake; /* eventfd: readable once the reader shall stop */
	struct port_fields fields;
	struct reader_port port;
	pthread_t thread;
	bool running;
	bool finished; /* atomic: the thread writes once, `result` is whole then */
	struct reader_result result;
	/* the thread's own: */
	struct reader_clock clock;
	struct reader_intervals intervals;
	struct {
		struct rte_mbuf *mbuf;
		uint16_t queue;
	} held[READER_CLOCK_WAITING]; /* filled, waiting for their clock; as in `clock` */
	unsigned int held_count;
	struct reader_clock_place place;           /* of the last frame read */
	const struct reader_file *file;            /* that is being read */
	struct rte_mbuf *spare[READER_PORT_BATCH]; /* empty ones */
	unsigned int spares;
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
static bool copy_to_chain(const struct reader *reader, struct rte_mbuf *mbuf, const uint8_t *data,
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
		       const struct reader_frame *frame)
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

/* There is a spare mbuf. */
static inline void take_frame(struct reader *reader, const struct reader_frame *frame)
{
	struct rte_mbuf *mbuf = reader->spare[--reader->spares];
	uint32_t captured = frame->captured;
	uint16_t queue = 0;

	if (likely(reader->spares >= PREFETCH_AHEAD))
		prefetch_mbuf(reader->spare[reader->spares - PREFETCH_AHEAD]);
	reader->place.frame++;
	rte_pktmbuf_reset(mbuf);
	if (likely(captured <= rte_pktmbuf_tailroom(mbuf))) {
		memcpy(rte_pktmbuf_mtod(mbuf, void *), frame->data, captured);
		mbuf->data_len = (uint16_t)captured;
	} else {
		/* A batch of such frames could hold all mbufs: hand over after each. */
		reader_file_pause(reader->file);
		if (!copy_to_chain(reader, mbuf, frame->data, captured)) {
			rte_pktmbuf_free(mbuf);
			return;
		}
	}
	set_fields(reader, mbuf, frame);
	if (reader->port.queues > 1)
		queue = reader_spread(frame->data, captured, frame->wire, reader->port.queues);
	if (likely(reader_clock_follow(&reader->clock, frame->time)))
		stage(reader, mbuf, queue);
	else
		hold(reader, mbuf, queue, frame->time);
}

/* libpcap calls it for every frame. */
static void take(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
	const struct reader_frame frame = reader_file_frame(header, data);

	take_frame((struct reader *)user, &frame);
}

/* ---- the thread ---- */

static void note_cut(struct reader *reader, const struct reader_file *file)
{
	if (reader->result.cut[0] == '\0') /* the first one is told */
		snprintf(reader->result.cut, sizeof(reader->result.cut), "%s: %s", file->name,
			 reader_file_cut(file));
}

static void read_file(struct reader *reader, const struct reader_file *file)
{
	enum reader_file_state state;

	reader->file = file;
	do {
		if (reader->spares == 0) {
			if (!reader_port_allocate(&reader->port, reader->spare, READER_PORT_BATCH))
				return;
			reader->spares = READER_PORT_BATCH;
			for (unsigned int i = 1; i <= PREFETCH_AHEAD; i++)
				prefetch_mbuf(reader->spare[READER_PORT_BATCH - i]);
		}
		state = reader_file_read(file, reader->spares, take, reader);
		hand_over(reader);
		if (reader_port_stopped(&reader->port))
			return;
	} while (state == READER_FILE_MORE);
	if (state == READER_FILE_CUT)
		note_cut(reader, file);
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
		reader->result.event_files[i] = reader->files[clock->notes[i].place.file].name;
	}
}

static void *reader_main(void *argument)
{
	struct reader *reader = argument;

	prctl(PR_SET_NAME, "weir-reader");
	prctl(PR_SET_TIMERSLACK, 1000UL); /* a moment of 20 us, not of 70 */
	for (unsigned int i = 0; i < reader->file_count && !reader_port_stopped(&reader->port);
	     i++) {
		reader->place = (struct reader_clock_place){.file = i};
		read_file(reader, &reader->files[i]);
	}
	release(reader, true);
	hand_over(reader);
	note_result(reader);
	rte_pktmbuf_free_bulk(reader->spare, reader->spares);
	reader->spares = 0;
	__atomic_store_n(&reader->finished, true, __ATOMIC_RELEASE);
	return NULL;
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
	new->files = calloc(count, sizeof(*new->files));
	if (new->wake < 0 || new->files == NULL) {
		result = error_set(error, ENOMEM, "capture reader: %s", strerror(errno));
		goto fail;
	}
	for (unsigned int i = 0; i < count; i++) {
		new->file_count = i + 1;
		result = reader_file_open(&new->files[i], files[i], new->wake, error);
		if (result != 0)
			goto fail;
	}
	*reader = new;
	return 0;

fail:
	reader_close(new);
	return result;
}

int reader_attach(struct reader *reader, uint16_t queues, const struct port_fields *fields,
		  uint16_t *port_id, struct error *error)
{
	int result = reader_port_make(&reader->port, queues, error);

	reader->fields = *fields;
	*port_id = reader->port.id;
	return result;
}

void reader_meet(struct reader *reader, struct rendezvous *rendezvous, uint64_t interval)
{
	reader->intervals = (struct reader_intervals){
		.rendezvous = rendezvous, .length = interval, .until = interval - 1};
}

int reader_start(struct reader *reader, struct error *error)
{
	int result = signals_start_thread(&reader->thread, reader_main, reader);

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
	for (unsigned int i = 0; reader->files != NULL && i < reader->file_count; i++)
		reader_file_close(&reader->files[i]);
	free(reader->files);
	if (reader->wake >= 0)
		close(reader->wake);
	free(reader);
}
