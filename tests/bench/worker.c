/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench-worker [EAL options] -- CAPTURE [reader | captured | unstamped | stamped | disordered]
 *
 * The whole worker over a capture, in one thread, from a ring port that holds all of its frames:
 * for counting instructions (callgrind). What comes with a frame beside its bytes is what weir's
 * own capture reader gives, or as from a NIC: nothing, its time, or times by up to 4 us out of
 * order. "captured" is from the reader, while one client captures a hundredth of it, which this
 * thread takes and gives back at once. From the reader nothing depends on time, chance or another
 * thread, so two runs count the same; live only the sweep and the clock do. Prints the ledger's two
 * ends.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>
#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include <weir/clock.h>
#include <weir/worker.h>

#define FRAMES_MAX  65535 /* also of ended records: nobody takes them while the worker runs */
#define BUFFER_SIZE (2048 + RTE_PKTMBUF_HEADROOM)
#define CAPACITY    131072
#define START_NS    (UINT64_C(1700000000) * CLOCK_SECOND)
#define STEP_NS     67
#define DISORDER_NS 4096
/* Into the future, as much as a stamp may be: callgrind is slow, and takes the worker's time. */
#define AHEAD_NS (CLOCK_SECOND / 2)

/* Of the frames from bench-traffic about one in a hundred. */
#define CAPTURED_EXPRESSION "tcp port 443 and ip[14] < 5"

enum frames { FROM_READER, CAPTURED, UNSTAMPED, STAMPED, DISORDERED };
static const char *const frames_names[] = {"reader", "captured", "unstamped", "stamped",
					   "disordered"};

struct bench {
	struct rte_ring *ring;
	struct rte_mempool *pool;
	struct port_fields fields;
	struct port port;
	struct worker worker;
	struct handover *handover;
	struct filter *filter; /* of the capture */
	uint64_t captured;
	bool stop;
	enum frames kind;
	uint64_t start; /* time of the first frame */
	uint64_t frames;
};

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "bench-worker: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

/* What stands beside the frame, which is `length` bytes long. */
static void add_notes(struct bench *bench, struct rte_mbuf *mbuf, uint32_t length)
{
	uint64_t number = bench->frames++, time = bench->start + number * STEP_NS;

	if (bench->kind == UNSTAMPED)
		return;
	if (bench->kind == DISORDERED)
		time -= (number * 0x9e3779b97f4a7c15u >> 32) % DISORDER_NS;
	*RTE_MBUF_DYNFIELD(mbuf, bench->fields.time, uint64_t *) = time;
	if (bench->kind > CAPTURED) {
		mbuf->ol_flags |= bench->fields.time_flag;
		return;
	}
	*RTE_MBUF_DYNFIELD(mbuf, bench->fields.clock, uint64_t *) = time;
	*RTE_MBUF_DYNFIELD(mbuf, bench->fields.wire_length, uint32_t *) = length;
	mbuf->ol_flags |= bench->fields.wire_flag;
}

static void add_frame(struct bench *bench, const struct pcap_pkthdr *header, const u_char *bytes)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(bench->pool);
	char *data = mbuf == NULL ? NULL : rte_pktmbuf_append(mbuf, (uint16_t)header->caplen);

	if (data == NULL)
		fail("capture", "too many frames, or too long ones");
	memcpy(data, bytes, header->caplen);
	add_notes(bench, mbuf, header->len);
	if (rte_ring_enqueue(bench->ring, mbuf) != 0)
		fail("capture", "too many frames");
}

static void fill_ring(struct bench *bench, const char *path)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, error);
	struct pcap_pkthdr *header;
	const u_char *bytes;

	if (pcap == NULL)
		fail(path, error);
	while (pcap_next_ex(pcap, &header, &bytes) == 1)
		add_frame(bench, header, bytes);
	pcap_close(pcap);
}

static void make_rig(struct bench *bench)
{
	const struct port_settings settings = {.queues = 1};
	struct error error;
	int id;

	if (port_fields_register(&bench->fields, &error) != 0)
		fail("fields", error.text);
	bench->ring = rte_ring_create("frames", FRAMES_MAX + 1, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
	/* Without a cache of its own: getting and giving back then cost the same everywhere. */
	bench->pool = rte_pktmbuf_pool_create("frames", FRAMES_MAX, 0, 0, BUFFER_SIZE, 0);
	if (bench->ring == NULL || bench->pool == NULL)
		fail("memory", rte_strerror(rte_errno));
	id = rte_eth_from_ring(bench->ring);
	if (id < 0)
		fail("ring port", rte_strerror(rte_errno));
	if (port_open((uint16_t)id, &settings, &bench->port, &error) != 0 ||
	    port_start(&bench->port, &error) != 0)
		fail("ring port", error.text);
}

static bool at_end(void *context)
{
	(void)context;
	return true; /* all frames are in the ring before the worker starts */
}

/* The same, and once a round what the thread of the capture does. */
static bool at_end_captured(void *context)
{
	struct bench *bench = context;
	struct handover_frame frames[64];
	uint32_t count = handover_take(bench->handover, frames, 64);

	handover_return(bench->handover, frames, count);
	bench->captured += count;
	return true;
}

static void make_worker(struct bench *bench)
{
	const struct flow_settings settings = {
		.capacity = CAPACITY,
		.active_timeout = 300 * CLOCK_SECOND,
		.inactive_timeout = 30 * CLOCK_SECOND,
		.live = bench->kind > CAPTURED,
		.secret = {{1, 2, 3, 4}},
	};

	if (worker_shared_init(&bench->worker.shared, 0, &settings, FRAMES_MAX + 1) != 0)
		fail("memory", "not enough");
	if (!settings.live && (bench->worker.shared.timeline = timeline_create()) == NULL)
		fail("memory", "not enough");
	bench->worker.queues[0].port = bench->port.id;
	bench->worker.queue_count = 1;
	bench->worker.fields = bench->fields;
	bench->worker.vlan_key = true;
	bench->worker.rest.longest = 50 * 1000;
	bench->worker.lossless = true;
	bench->worker.stop = &bench->stop;
	bench->handover = bench->worker.handover = handover_create(HANDOVER_FRAMES);
	if (bench->handover == NULL)
		fail("memory", "not enough");
	if (bench->kind == CAPTURED) {
		if (filter_create(CAPTURED_EXPRESSION, &bench->fields, &bench->filter, NULL) != 0)
			fail("filter", CAPTURED_EXPRESSION);
		handover_arm(bench->handover, 0, bench->filter, false);
	}
	bench->worker.context = bench;
	if (bench->kind <= CAPTURED)
		bench->worker.at_end = bench->kind == CAPTURED ? at_end_captured : at_end;
	else
		bench->stop = true; /* when the ring is empty */
}

static bool take_kind(struct bench *bench, const char *name)
{
	for (int kind = FROM_READER; kind <= DISORDERED; kind++) {
		bench->kind = (enum frames)kind;
		if (strcmp(name, frames_names[kind]) == 0)
			return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	static struct bench bench;
	int used = rte_eal_init(argc, argv);
	int given = argc - used;
	struct worker_counters counters;

	if (used < 0 || given < 2 || given > 3 ||
	    !take_kind(&bench, given == 3 ? argv[used + 2] : frames_names[FROM_READER])) {
		fprintf(stderr, "usage: bench-worker [EAL options] -- CAPTURE "
				"[reader | captured | unstamped | stamped | disordered]\n");
		return 2;
	}
	make_rig(&bench);
	bench.start = bench.kind <= CAPTURED ? START_NS : clock_wall_ns() + AHEAD_NS;
	fill_ring(&bench, argv[used + 1]);
	make_worker(&bench);
	worker_main(&bench.worker);
	worker_shared_counters(&bench.worker.shared, &counters);
	printf("{\"frames\": %" PRIu64 ", \"received\": %" PRIu64 ", \"flow\": %" PRIu64
	       ", \"flows\": %" PRIu64 ", \"stamps_ignored\": %" PRIu64 ", \"captured\": %" PRIu64
	       "}\n",
	       bench.frames, counters.received, counters.flows.packets, counters.flows.created,
	       counters.stamps_ignored, bench.captured);
	handover_destroy(bench.handover);
	filter_destroy(bench.filter);
	worker_shared_release(&bench.worker.shared);
	port_stop(&bench.port);
	port_close(&bench.port);
	rte_eal_cleanup();
	return counters.received == bench.frames ? 0 : 1;
}
