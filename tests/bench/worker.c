/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench-worker [EAL options] -- CAPTURE
 *
 * The whole worker over a capture, in one thread, from a ring port that holds all of its frames:
 * for counting instructions (callgrind). Nothing depends on time, chance or another thread, so
 * two runs count the same. Prints the ledger's two ends.
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

struct bench {
	struct rte_ring *ring;
	struct rte_mempool *pool;
	struct port_fields fields;
	struct port port;
	struct worker worker;
	bool stop;
	uint64_t frames;
};

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "bench-worker: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

/* As the capture reader of weir does it: time and length of the frame stand beside it. */
static void add_frame(struct bench *bench, const struct pcap_pkthdr *header, const u_char *bytes)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(bench->pool);
	uint64_t time = START_NS + bench->frames++ * STEP_NS;
	char *data = mbuf == NULL ? NULL : rte_pktmbuf_append(mbuf, (uint16_t)header->caplen);

	if (data == NULL)
		fail("capture", "too many frames, or too long ones");
	memcpy(data, bytes, header->caplen);
	*RTE_MBUF_DYNFIELD(mbuf, bench->fields.time, uint64_t *) = time;
	*RTE_MBUF_DYNFIELD(mbuf, bench->fields.clock, uint64_t *) = time;
	*RTE_MBUF_DYNFIELD(mbuf, bench->fields.wire_length, uint32_t *) = header->len;
	mbuf->ol_flags |= bench->fields.wire_flag;
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

static bool at_end(const void *context)
{
	(void)context;
	return true; /* all frames are in the ring before the worker starts */
}

static void make_worker(struct bench *bench)
{
	const struct flow_settings settings = {
		.capacity = CAPACITY,
		.active_timeout = 300 * CLOCK_SECOND,
		.inactive_timeout = 30 * CLOCK_SECOND,
		.secret = {{1, 2, 3, 4}},
	};

	if (worker_shared_init(&bench->worker.shared, 0, &settings, FRAMES_MAX + 1) != 0)
		fail("memory", "not enough");
	bench->worker.queues[0].port = bench->port.id;
	bench->worker.queue_count = 1;
	bench->worker.fields = bench->fields;
	bench->worker.vlan_key = true;
	bench->worker.may_sleep = true;
	bench->worker.lossless = true;
	bench->worker.stop = &bench->stop;
	bench->worker.at_end = at_end;
}

int main(int argc, char **argv)
{
	static struct bench bench;
	int used = rte_eal_init(argc, argv);
	struct worker_counters counters;

	if (used < 0 || argc - used != 2) {
		fprintf(stderr, "usage: bench-worker [EAL options] -- CAPTURE\n");
		return 2;
	}
	make_rig(&bench);
	fill_ring(&bench, argv[used + 1]);
	make_worker(&bench);
	worker_main(&bench.worker);
	worker_shared_counters(&bench.worker.shared, &counters);
	printf("{\"frames\": %" PRIu64 ", \"received\": %" PRIu64 ", \"flow\": %" PRIu64
	       ", \"flows\": %" PRIu64 "}\n",
	       bench.frames, counters.received, counters.flows.packets, counters.flows.created);
	worker_shared_release(&bench.worker.shared);
	port_stop(&bench.port);
	port_close(&bench.port);
	rte_eal_cleanup();
	return counters.received == bench.frames ? 0 : 1;
}
