/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/reader.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_pause.h>
#include <rte_ring.h>

#include <weir/clock.h>

#include "reader_file.h"
#include "reader_spread.h"

#define DEVICE "weir_reader" /* the ethdev is then net_ring_weir_reader */
_Static_assert(READER_QUEUES_MAX <= RTE_PMD_RING_MAX_RX_RINGS,
	       "a queue is a ring of the ring port");
#define BATCH          64
#define PREFETCH_AHEAD 8 /* mbufs */
/*
 * Rings deep enough for a worker that has to wait a few ms for its CPU: with fewer workers
 * each has more, 39 MB of mbufs for one queue, some 90 MB for many.
 */
#define RINGS_ENTRIES    32768u
#define RING_ENTRIES_MIN 2048u
#define RING_ENTRIES_MAX 16384u
/*
 * Mbufs beside those in rings: a queue's in the worker's pipeline and cache, once the reader's
 * batch, and the chains of a frame of 262,144 bytes and of those that wait for their clock. So the
 * reader never waits for itself.
 */
#define MBUFS_PER_QUEUE 512
#define MBUFS_OF_FRAME  (262144 / RTE_MBUF_DEFAULT_DATAROOM + 1)
#define MBUFS_MORE      (BATCH + (1 + READER_CLOCK_WAITING) * MBUFS_OF_FRAME + 1024)

struct reader {
	struct reader_file *files;
	unsigned int file_count;
	int wake; /* eventfd: readable once the reader shall stop */
	struct port_fields fields;
	uint16_t queues, port;
	struct rte_mempool *pool;
	struct rte_ring *rings[READER_QUEUES_MAX];
	pthread_t thread;
	bool running;
	bool stop;     /* atomic: reader_stop() writes, the thread reads */
	bool finished; /* atomic: the thread writes once, `result` is whole then */
	struct reader_result result;
	/* the thread's own: */
	struct reader_clock clock;
	struct {
		struct rte_mbuf *mbuf;
		uint16_t queue;
	} held[READER_CLOCK_WAITING]; /* filled, waiting for their clock; as in `clock` */
	unsigned int held_count;
	struct reader_clock_place place; /* of the last frame read */
	pcap_t *pcap;                    /* of the current file */
	struct rte_mbuf *spare[BATCH];   /* empty ones */
	unsigned int spares;
	/* filled, on the way to their ring: */
	struct rte_mbuf *staged[READER_QUEUES_MAX][BATCH + READER_CLOCK_WAITING];
	unsigned int staged_count[READER_QUEUES_MAX];
	uint64_t staged_octets[READER_QUEUES_MAX];
};

static bool stopped(const struct reader *reader)
{
	return __atomic_load_n(&reader->stop, __ATOMIC_RELAXED);
}

/* ---- waiting for the workers ---- */

static void wait_a_moment(unsigned int *tries)
{
	const struct timespec moment = {.tv_nsec = 20000};

	if ((*tries)++ < 256)
		rte_pause();
	else
		nanosleep(&moment, NULL); /* the worker may need this CPU */
}

/*
 * Take `count` mbufs as they are: rte_pktmbuf_reset() is left to do. False: the reader shall stop.
 */
static bool allocate(const struct reader *reader, struct rte_mbuf **mbufs, unsigned int count)
{
	unsigned int tries = 0;

	while (rte_mempool_get_bulk(reader->pool, (void **)mbufs, count) != 0) {
		if (stopped(reader))
			return false;
		wait_a_moment(&tries);
	}
	return true;
}

/* Put what is staged for queue `q` into its ring. What finds no room before a stop is freed. */
static void hand_over_queue(struct reader *reader, uint16_t q)
{
	struct rte_mbuf **mbufs = reader->staged[q];
	unsigned int count = reader->staged_count[q], done = 0, tries = 0;

	while (done < count) {
		unsigned int n = rte_ring_enqueue_burst(reader->rings[q], (void **)&mbufs[done],
							count - done, NULL);

		done += n;
		if (n > 0)
			tries = 0;
		else if (stopped(reader))
			break;
		else
			wait_a_moment(&tries);
	}
	reader->result.frames += done;
	reader->result.octets += reader->staged_octets[q];
	for (unsigned int i = done; i < count; i++) {
		reader->result.octets -= mbufs[i]->pkt_len;
		rte_pktmbuf_free(mbufs[i]);
	}
	reader->staged_count[q] = 0;
	reader->staged_octets[q] = 0;
}

static void hand_over(struct reader *reader)
{
	for (uint16_t q = 0; q < reader->queues; q++)
		if (reader->staged_count[q] > 0)
			hand_over_queue(reader, q);
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
		if (!allocate(reader, &last->next, 1)) {
			last->next = NULL;
			return false;
		}
		last = last->next;
		rte_pktmbuf_reset(last);
		mbuf->nb_segs++;
	}
}

/* All but the clock. */
static void set_fields(const struct reader *reader, struct rte_mbuf *mbuf, uint32_t captured,
		       uint32_t wire, uint64_t time)
{
	const struct port_fields *fields = &reader->fields;

	*RTE_MBUF_DYNFIELD(mbuf, fields->time, uint64_t *) = time;
	*RTE_MBUF_DYNFIELD(mbuf, fields->wire_length, uint32_t *) = wire;
	mbuf->ol_flags = fields->time_flag | fields->wire_flag;
	mbuf->port = reader->port;
	mbuf->pkt_len = captured;
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
	reader->staged[queue][reader->staged_count[queue]++] = mbuf;
	reader->staged_octets[queue] += mbuf->pkt_len;
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

/* libpcap calls it for every frame. There is a spare mbuf. */
static void take_frame(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
	struct reader *reader = (struct reader *)user;
	struct rte_mbuf *mbuf = reader->spare[--reader->spares];
	/* tv_usec holds nanoseconds: the files are opened so. */
	uint64_t time = (uint64_t)header->ts.tv_sec * CLOCK_SECOND + (uint64_t)header->ts.tv_usec;
	uint32_t captured = header->caplen, wire = RTE_MAX(header->len, captured);
	uint16_t queue = 0;

	if (likely(reader->spares >= PREFETCH_AHEAD))
		prefetch_mbuf(reader->spare[reader->spares - PREFETCH_AHEAD]);
	reader->place.frame++;
	rte_pktmbuf_reset(mbuf);
	if (likely(captured <= rte_pktmbuf_tailroom(mbuf))) {
		memcpy(rte_pktmbuf_mtod(mbuf, void *), data, captured);
		mbuf->data_len = (uint16_t)captured;
	} else {
		/* A batch of such frames could hold all mbufs: hand over after each. */
		pcap_breakloop(reader->pcap);
		if (!copy_to_chain(reader, mbuf, data, captured)) {
			rte_pktmbuf_free(mbuf);
			return;
		}
	}
	set_fields(reader, mbuf, captured, wire, time);
	if (reader->queues > 1)
		queue = reader_spread(data, captured, wire, reader->queues);
	if (likely(reader_clock_follow(&reader->clock, time)))
		stage(reader, mbuf, queue);
	else
		hold(reader, mbuf, queue, time);
}

/* ---- the thread ---- */

static void note_cut(struct reader *reader, const struct reader_file *file)
{
	if (reader->result.cut[0] == '\0') /* the first one is told */
		snprintf(reader->result.cut, sizeof(reader->result.cut), "%s: %s", file->name,
			 pcap_geterr(file->pcap));
}

static void read_file(struct reader *reader, const struct reader_file *file)
{
	int result;

	reader->pcap = file->pcap;
	do {
		if (reader->spares == 0) {
			if (!allocate(reader, reader->spare, BATCH))
				return;
			reader->spares = BATCH;
			for (unsigned int i = 1; i <= PREFETCH_AHEAD; i++)
				prefetch_mbuf(reader->spare[BATCH - i]);
		}
		result = pcap_dispatch(file->pcap, (int)reader->spares, take_frame,
				       (u_char *)reader);
		hand_over(reader);
		if (stopped(reader))
			return;
	} while (result > 0 || result == PCAP_ERROR_BREAK);
	if (result == PCAP_ERROR)
		note_cut(reader, file);
}

/* What the clock has been through. */
static void note_times(struct reader *reader)
{
	const struct reader_clock *clock = &reader->clock;

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
	for (unsigned int i = 0; i < reader->file_count && !stopped(reader); i++) {
		reader->place = (struct reader_clock_place){.file = i};
		read_file(reader, &reader->files[i]);
	}
	release(reader, true);
	hand_over(reader);
	note_times(reader);
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

/* A stack gives out what was freed last, still in the CPU's cache: twice as fast as a ring. */
static struct rte_mempool *make_pool(unsigned int count)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create_by_ops(
		DEVICE, count, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY, "stack");

	if (pool != NULL)
		return pool;
	return rte_pktmbuf_pool_create(DEVICE, count, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
}

static int make_rings(struct reader *reader, unsigned int entries)
{
	char name[RTE_RING_NAMESIZE];

	for (uint16_t q = 0; q < reader->queues; q++) {
		snprintf(name, sizeof(name), DEVICE "_%u", q);
		reader->rings[q] = rte_ring_create(name, entries, SOCKET_ID_ANY,
						   RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (reader->rings[q] == NULL)
			return -rte_errno;
	}
	return 0;
}

int reader_attach(struct reader *reader, uint16_t queues, const struct port_fields *fields,
		  uint16_t *port_id, struct error *error)
{
	unsigned int entries;
	int port;

	if (queues == 0 || queues > READER_QUEUES_MAX)
		return error_set(error, EINVAL,
				 "capture reader: %u queues wanted, 1 to %u are "
				 "possible",
				 queues, READER_QUEUES_MAX);
	reader->queues = queues;
	reader->fields = *fields;
	entries = rte_align32prevpow2(RINGS_ENTRIES / queues);
	entries = RTE_MIN(RTE_MAX(entries, RING_ENTRIES_MIN), RING_ENTRIES_MAX);
	reader->pool = make_pool(queues * (entries + MBUFS_PER_QUEUE) + MBUFS_MORE);
	if (reader->pool == NULL || make_rings(reader, entries) != 0)
		return error_set(
			error, rte_errno,
			"capture reader: no memory for %u queues: %s; give the EAL more (-m) "
			"or use fewer workers",
			queues, rte_strerror(rte_errno));
	/* weir sends nothing, but rte_pdump wants a TX queue: any ring will do. */
	port = rte_eth_from_rings(DEVICE, reader->rings, queues, reader->rings, 1,
				  (unsigned int)SOCKET_ID_ANY);
	if (port < 0)
		return error_set(error, rte_errno, "capture reader: no ring port: %s",
				 rte_strerror(rte_errno));
	reader->port = (uint16_t)port;
	*port_id = reader->port;
	return 0;
}

int reader_start(struct reader *reader, struct error *error)
{
	sigset_t all, before;
	int result;

	/* Signals are for the program's own thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&reader->thread, NULL, reader_main, reader);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (result != 0)
		return error_set(error, result, "capture reader: no thread: %s", strerror(result));
	reader->running = true;
	return 0;
}

void reader_stop(struct reader *reader)
{
	__atomic_store_n(&reader->stop, true, __ATOMIC_RELAXED);
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

static void free_ring(struct rte_ring *ring)
{
	void *mbuf;

	while (ring != NULL && rte_ring_dequeue(ring, &mbuf) == 0)
		rte_pktmbuf_free(mbuf);
	rte_ring_free(ring);
}

void reader_close(struct reader *reader)
{
	if (reader == NULL)
		return;
	if (reader->running) {
		reader_stop(reader);
		pthread_join(reader->thread, NULL);
	}
	if (reader->pool != NULL)
		(void)rte_vdev_uninit("net_ring_" DEVICE);
	for (uint16_t q = 0; q < reader->queues; q++)
		free_ring(reader->rings[q]);
	rte_mempool_free(reader->pool);
	for (unsigned int i = 0; reader->files != NULL && i < reader->file_count; i++)
		reader_file_close(&reader->files[i]);
	free(reader->files);
	if (reader->wake >= 0)
		close(reader->wake);
	free(reader);
}
