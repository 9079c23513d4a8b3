/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target of the capture reader: any bytes as the content of a file. They are refused with
 * one line, or else every frame that lib/savefile (savefile.c) finds in them arrives in the rings,
 * whole and in order, and no mbuf is lost. Input: one byte for the number of queues, then the file.
 */
#include "fuzz.h"

#include <sched.h>
#include <sys/mman.h>

/* Its inside: the pool and the rings stay from input to input, an ethdev around them would not. */
#include "../../lib/source/reader.c"
#include "../../lib/source/reader_pool.c"
#include "../../lib/source/reader_port.c"

#define QUEUES       4
#define RING_ENTRIES 2048
#define MBUFS        (QUEUES * (RING_ENTRIES + MBUFS_PER_QUEUE) + MBUFS_MORE)

static struct rte_mempool *pool;
static struct rte_ring *rings[QUEUES];
static struct port_fields fields;
static int file;
static char path[64];

/*
 * What a plain loop over the captures finds (without the clock), and what comes through the rings.
 */
struct counts {
	uint64_t frames, octets, clock;
	uint64_t lost, skipped;
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char name[16];

	(void)argc, (void)argv;
	fuzz_eal_start("128");
	require(port_fields_register(&fields, NULL) == 0);
	pool = rte_pktmbuf_pool_create("fuzz", MBUFS, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	require(pool != NULL);
	for (unsigned int q = 0; q < QUEUES; q++) {
		snprintf(name, sizeof(name), "fuzz%u", q);
		rings[q] = rte_ring_create(name, RING_ENTRIES, SOCKET_ID_ANY,
					   RING_F_SP_ENQ | RING_F_SC_DEQ);
		require(rings[q] != NULL);
	}
	file = memfd_create("fuzz", MFD_CLOEXEC);
	require(file >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return 0;
}

static struct counts expect(void)
{
	const char *files[] = {path};
	const struct savefile_frame *frames;
	struct captures_result result;
	struct captures *captures;
	struct counts counts = {0};
	unsigned int count, number;

	require(captures_open(&captures, files, 1, -1, NULL) == 0);
	while ((count = captures_next(captures, &frames, &number)) > 0)
		for (unsigned int i = 0; i < count; i++) {
			struct savefile_frame frame = frames[i];
			uint8_t header[ETHERNET_HEADER];

			if (frame.link != LINK_ETHERNET)
				(void)savefile_to_ethernet(&frame, header);
			counts.frames++;
			counts.octets += frame.captured;
		}
	captures_finish(captures);
	captures_result(captures, &result);
	captures_close(captures);
	counts.lost = result.lost;
	counts.skipped = result.skipped;
	return counts;
}

static void check_mbuf(const struct rte_mbuf *mbuf, uint64_t *clock)
{
	const char *why;

	require(rte_mbuf_check(mbuf, 1, &why) == 0);
	require(mbuf->ol_flags == (fields.time_flag | fields.wire_flag));
	require(*RTE_MBUF_DYNFIELD(mbuf, fields.wire_length, const uint32_t *) >= mbuf->pkt_len);

	uint64_t now = *RTE_MBUF_DYNFIELD(mbuf, fields.clock, const uint64_t *);

	/* A wild time does not move it, and it never goes back. */
	require(now >= *clock);
	*clock = now;
}

/* Take what is in the rings, until the reader is at its end and they are empty. */
static struct counts receive(struct reader *reader)
{
	struct counts counts = {0};
	uint64_t clocks[QUEUES] = {0};
	bool last, empty;

	do {
		last = reader_at_end(reader);
		empty = true;
		for (unsigned int q = 0; q < reader->port.queues; q++) {
			void *mbuf;

			while (rte_ring_dequeue(rings[q], &mbuf) == 0) {
				empty = false;
				check_mbuf(mbuf, &clocks[q]);
				counts.frames++;
				counts.octets += ((struct rte_mbuf *)mbuf)->pkt_len;
				rte_pktmbuf_free(mbuf);
			}
			counts.clock = RTE_MAX(counts.clock, clocks[q]);
		}
		if (empty && !last)
			sched_yield();
	} while (!last || !empty);
	return counts;
}

static void check_reader(struct reader *reader, uint16_t queues)
{
	struct counts expected = expect(), got;
	struct reader_result result;
	struct error error;

	reader->port.pool.mempool = pool;
	reader->port.queues = queues;
	reader->port.waits = queues > 1;
	reader->fields = fields;
	memcpy(reader->port.rings, rings, sizeof(rings));
	require(reader_start(reader, &error) == 0);
	got = receive(reader);
	reader_result(reader, &result);
	require(got.frames == expected.frames && got.frames == result.frames);
	require(got.octets == expected.octets && got.octets == result.octets);
	require(got.clock == result.clock);
	require(expected.lost == result.captures.lost);
	require(expected.skipped == result.captures.skipped);
	reader->port.pool.mempool = NULL;
	reader->port.queues = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *files[] = {path};
	struct reader *reader = NULL;
	struct error error = {""};

	if (size < 1)
		return -1;
	require(ftruncate(file, 0) == 0);
	require(pwrite(file, data + 1, size - 1, 0) == (ssize_t)(size - 1));
	if (reader_open(files, 1, &reader, &error) == 0)
		check_reader(reader, (uint16_t)(1 + data[0] % QUEUES));
	else
		require(error.text[0] != '\0' && strchr(error.text, '\n') == NULL &&
			reader == NULL);
	reader_close(reader);
	require(rte_mempool_avail_count(pool) == MBUFS);
	return 0;
}
