/* SPDX-License-Identifier: BSD-3-Clause */
/* The capture reader: every frame of a capture arrives once, whole, with its times and lengths. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_ethdev.h>
#include <rte_mempool.h>

#include <weir/reader.h>

#include "capture_rig.h"
#include "eal_rig.h"

#define START   UINT64_C(1700000000123456000)
#define FRAMES  3000
#define FLOWS   61
#define LONGEST 200000

/* Frame number `i` of the test capture, worked out anew by writer and checker alike. */
struct sample {
	uint64_t time;
	uint32_t captured, wire;
	uint8_t data[LONGEST];
};

static void make_sample(struct sample *sample, unsigned int i)
{
	const unsigned int flow = i % FLOWS;
	const bool reverse = i % 3 == 0;

	/* Every tenth is 5 us before its predecessors: captures may be merged of several. */
	sample->time = START + i * UINT64_C(1000000) - (i % 10 == 9 ? 5000000 : 0);
	sample->wire = i == 1000 ? LONGEST : 64 + i % 1400;
	if (flow % 2 == 0)
		frame_udp4(sample->data, sample->wire, flow, reverse);
	else
		frame_udp6(sample->data, sample->wire, flow, reverse);
	if (i % 7 == 3) { /* ARP */
		sample->data[12] = 0x08;
		sample->data[13] = 0x06;
	}
	sample->captured = i % 5 == 2 ? RTE_MIN(sample->wire, 96u) : sample->wire;
	memcpy(sample->data + sample->captured - 4, &i, sizeof(i));
}

static const char *write_samples(const char *name, enum capture_format format, unsigned int from,
				 unsigned int to)
{
	struct sample *sample = malloc(sizeof(*sample));
	const char *path = eal_rig_path(name);
	struct capture capture;

	capture_create(&capture, path, format, 1);
	for (unsigned int i = from; i < to; i++) {
		make_sample(sample, i);
		capture_add(&capture, sample->time, sample->data, sample->captured, sample->wire);
	}
	capture_close(&capture);
	free(sample);
	return path;
}

/* A reader over `path`, its port open and started. */
struct rig {
	struct reader *reader;
	struct port port;
	struct port_fields fields;
};

static void start_files(struct rig *rig, const char *const *paths, unsigned int count,
			uint16_t queues)
{
	struct error error;
	uint16_t id;

	cr_assert_eq(port_fields_register(&rig->fields, &error), 0, "%s", error.text);
	cr_assert_eq(reader_open(paths, count, &rig->reader, &error), 0, "%s", error.text);
	cr_assert_eq(reader_attach(rig->reader, queues, &rig->fields, &id, &error), 0, "%s",
		     error.text);
	eal_rig_open(id, queues, &rig->port);
	cr_assert_eq(reader_start(rig->reader, &error), 0, "%s", error.text);
}

static void start(struct rig *rig, const char *path, uint16_t queues)
{
	start_files(rig, &path, 1, queues);
}

/* Take everything up to the end as a worker does: look at "finished" before the queues. */
static uint64_t take_all(struct rig *rig, eal_rig_frame *each, void *context)
{
	struct rte_mbuf *mbufs[32];
	uint64_t total = 0;
	bool finished;
	uint16_t n;

	do {
		finished = reader_at_end(rig->reader);
		for (uint16_t q = 0; q < rig->port.queues; q++) {
			while ((n = rte_eth_rx_burst(rig->port.id, q, mbufs, 32)) > 0) {
				for (uint16_t i = 0; i < n && each != NULL; i++)
					each(context, q, mbufs[i]);
				rte_pktmbuf_free_bulk(mbufs, n);
				total += n;
			}
		}
	} while (!finished);
	return total;
}

static void finish(struct rig *rig)
{
	const struct rte_mempool *pool = rte_mempool_lookup("weir_reader");

	cr_expect_eq(rte_mempool_avail_count(pool), pool->populated_size,
		     "the reader leaked mbufs");
	port_close(&rig->port);
	reader_close(rig->reader);
	eal_rig_stop();
}

/* ---- every frame once, with everything right ---- */

struct check {
	const struct rig *rig;
	uint8_t seen[FRAMES];
	int last[4]; /* by queue: the number of the last frame */
	int flow_queue[FLOWS];
	struct sample sample;
	uint8_t copy[LONGEST];
};

static uint64_t latest_time(unsigned int upto)
{
	/* make_sample(): only frames 9, 19, ... are late. */
	unsigned int i = upto % 10 == 9 ? upto - 1 : upto;

	return START + i * UINT64_C(1000000);
}

static void check_frame(void *context, uint16_t queue, struct rte_mbuf *mbuf)
{
	struct check *check = context;
	const struct port_fields *fields = &check->rig->fields;
	const struct sample *sample = &check->sample;
	unsigned int i;

	memcpy(&i, rte_pktmbuf_read(mbuf, mbuf->pkt_len - 4, 4, check->copy), sizeof(i));
	cr_assert_lt(i, FRAMES);
	make_sample(&check->sample, i);
	check->seen[i]++;
	cr_assert_gt((int)i, check->last[queue], "order within a queue");
	check->last[queue] = (int)i;

	cr_assert_eq(mbuf->pkt_len, sample->captured, "frame %u: captured", i);
	cr_assert_arr_eq(rte_pktmbuf_read(mbuf, 0, mbuf->pkt_len, check->copy), sample->data,
			 sample->captured, "frame %u: bytes", i);
	cr_assert_eq(mbuf->ol_flags, fields->time_flag | fields->wire_flag);
	cr_assert_eq(*RTE_MBUF_DYNFIELD(mbuf, fields->time, uint64_t *), sample->time,
		     "frame %u: time", i);
	cr_assert_eq(*RTE_MBUF_DYNFIELD(mbuf, fields->clock, uint64_t *), latest_time(i),
		     "frame %u: clock", i);
	cr_assert_eq(*RTE_MBUF_DYNFIELD(mbuf, fields->wire_length, uint32_t *), sample->wire,
		     "frame %u: wire length", i);

	if (i % 7 == 3) {
		cr_assert_eq(queue, 0, "what is not IP is for queue 0");
		return;
	}
	if (check->flow_queue[i % FLOWS] < 0)
		check->flow_queue[i % FLOWS] = queue;
	cr_assert_eq(check->flow_queue[i % FLOWS], queue, "both directions on one queue");
}

struct case_ {
	enum capture_format format;
	uint16_t queues;
};

ParameterizedTestParameters(reader, every_frame_once)
{
	static struct case_ cases[] = {
		{CAPTURE_PCAP_US, 1},         {CAPTURE_PCAP_US, 4},
		{CAPTURE_PCAP_NS, 1},         {CAPTURE_PCAP_NS, 4},
		{CAPTURE_PCAP_US_SWAPPED, 1}, {CAPTURE_PCAP_US_SWAPPED, 4},
		{CAPTURE_PCAP_NS_SWAPPED, 1}, {CAPTURE_PCAP_NS_SWAPPED, 4},
		{CAPTURE_PCAPNG, 1},          {CAPTURE_PCAPNG, 4},
	};

	return cr_make_param_array(struct case_, cases, RTE_DIM(cases));
}

ParameterizedTest(struct case_ *param, reader, every_frame_once, .timeout = 60)
{
	struct check *check = calloc(1, sizeof(*check));
	struct reader_result result;
	uint64_t octets = 0;
	struct rig rig;

	memset(check->last, -1, sizeof(check->last));
	memset(check->flow_queue, -1, sizeof(check->flow_queue));
	check->rig = &rig;
	eal_rig_start(NULL);
	start(&rig, write_samples("all", param->format, 0, FRAMES), param->queues);
	cr_expect_eq(take_all(&rig, check_frame, check), FRAMES);
	for (unsigned int i = 0; i < FRAMES; i++) {
		cr_assert_eq(check->seen[i], 1, "frame %u came %u times", i, check->seen[i]);
		make_sample(&check->sample, i);
		octets += check->sample.captured;
	}
	for (uint16_t q = 0; q < param->queues; q++)
		cr_expect_geq(check->last[q], 0, "queue %u got nothing of %u flows", q, FLOWS);

	reader_result(rig.reader, &result);
	cr_expect_eq(result.frames, FRAMES);
	cr_expect_eq(result.octets, octets);
	cr_expect_eq(result.clock, latest_time(FRAMES - 1));
	cr_expect_eq(result.remarks->count, 0);
	finish(&rig);
	free(check);
}

/* ---- spreading ---- */

#define SPREAD_FLOWS 200

static void note_queue(void *context, uint16_t queue, struct rte_mbuf *mbuf)
{
	uint8_t *queues = context;
	uint32_t flow;

	memcpy(&flow, rte_pktmbuf_mtod_offset(mbuf, uint8_t *, mbuf->pkt_len - 4), sizeof(flow));
	queues[flow] |= (uint8_t)(1 << queue);
}

/* The frame of a flow in `shape`: 0, 1 whole, each way; 2, 3 first and later fragment. */
static void write_shape(struct capture *capture, uint32_t flow, unsigned int shape)
{
	uint8_t frame[100];

	frame_udp4(frame, sizeof(frame), flow, shape == 1);
	if (shape == 2)
		frame[14 + 6] = 0x20; /* more fragments */
	if (shape == 3) {
		frame[14 + 7] = 10;          /* offset */
		memset(frame + 34, 0xee, 8); /* where ports would be */
	}
	memcpy(frame + sizeof(frame) - 4, &flow, sizeof(flow));
	capture_add(capture, START, frame, sizeof(frame), sizeof(frame));
}

Test(reader, fragments_and_both_directions_meet_on_one_queue, .timeout = 60)
{
	uint8_t queues[SPREAD_FLOWS] = {0};
	uint8_t used = 0;
	struct capture capture;
	struct rig rig;

	eal_rig_start(NULL);
	capture_create(&capture, eal_rig_path("spread"), CAPTURE_PCAP_NS, 1);
	for (uint32_t i = 0; i < 4 * SPREAD_FLOWS; i++)
		write_shape(&capture, i % SPREAD_FLOWS, i / SPREAD_FLOWS);
	capture_close(&capture);
	start(&rig, eal_rig_path("spread"), 4);
	cr_expect_eq(take_all(&rig, note_queue, queues), 4 * SPREAD_FLOWS);
	for (uint32_t flow = 0; flow < SPREAD_FLOWS; flow++) {
		cr_expect_eq(__builtin_popcount(queues[flow]), 1, "flow %u is split", flow);
		used |= queues[flow];
	}
	cr_expect_eq(used, 0xf, "200 address pairs use all four queues");
	finish(&rig);
}

/* ---- waiting, stopping, ending ---- */

#define MANY 100000

static const char *write_many(const char *name)
{
	uint8_t frame[64];
	struct capture capture;

	capture_create(&capture, eal_rig_path(name), CAPTURE_PCAP_NS, 1);
	for (unsigned int i = 0; i < MANY; i++) {
		frame_udp4(frame, sizeof(frame), i % 1000, false);
		capture_add(&capture, START + i, frame, sizeof(frame), sizeof(frame));
	}
	capture_close(&capture);
	return eal_rig_path(name);
}

static void pause_now_and_then(void *context, uint16_t queue, struct rte_mbuf *mbuf)
{
	unsigned int *count = context;

	(void)queue, (void)mbuf;
	if (++*count % 500 == 0)
		usleep(2000);
}

Test(reader, a_slow_consumer_loses_nothing, .timeout = 60)
{
	unsigned int count = 0;
	struct rig rig;

	eal_rig_start(NULL);
	start(&rig, write_many("many"), 4);
	usleep(50000); /* MANY exceeds what rings and pool hold: the reader stands still now */
	cr_expect_not(reader_finished(rig.reader));
	cr_expect_eq(take_all(&rig, pause_now_and_then, &count), MANY);
	finish(&rig);
}

/* Frames so long that a few of them use up the pool: the reader must not wait for itself. */
ParameterizedTestParameters(reader, long_frames_only)
{
	static uint16_t queues[] = {1, 4}; /* the worker reads, or a thread */

	return cr_make_param_array(uint16_t, queues, RTE_DIM(queues));
}

ParameterizedTest(uint16_t *queues, reader, long_frames_only, .timeout = 60)
{
	uint8_t *frame = malloc(262144);
	struct capture capture;
	struct rig rig;

	eal_rig_start(NULL);
	capture_create(&capture, eal_rig_path("long"), CAPTURE_PCAP_NS, 1);
	frame_udp4(frame, 262144, 1, false);
	for (int i = 0; i < 200; i++)
		capture_add(&capture, START, frame, 262144, 262144);
	capture_close(&capture);
	start(&rig, eal_rig_path("long"), *queues);
	cr_expect_eq(take_all(&rig, NULL, NULL), 200);
	finish(&rig);
	free(frame);
}

Test(reader, stopped_early_it_counts_what_it_handed_over, .timeout = 60)
{
	struct reader_result result;
	uint64_t taken;
	struct rig rig;

	eal_rig_start(NULL);
	start(&rig, write_many("many"), 4);
	taken = eal_rig_poll(&rig.port, 1000, NULL, NULL);
	reader_stop(rig.reader);
	taken += take_all(&rig, NULL, NULL);
	reader_result(rig.reader, &result);
	cr_expect_eq(result.frames, taken);
	cr_expect_eq(result.octets, taken * 64);
	cr_expect_lt(taken, MANY);
	cr_expect_eq(result.remarks->count, 0);
	finish(&rig);
}

Test(reader, a_cut_file_counts_up_to_the_cut_and_the_next_is_read, .timeout = 60)
{
	char first[128], second[128];
	const char *const paths[] = {first, second};
	struct reader_result result;
	struct rig rig;

	eal_rig_start(NULL);
	strcpy(first, write_samples("first", CAPTURE_PCAP_NS, 0, 100));
	strcpy(second, write_samples("second", CAPTURE_PCAPNG, 100, 150));
	rig_run("truncate -s -10 %s", first); /* into the last frame */
	start_files(&rig, paths, 2, 1);
	cr_expect_eq(take_all(&rig, NULL, NULL), 99 + 50);
	reader_result(rig.reader, &result);
	cr_assert_eq(result.remarks->count, 1);
	cr_expect_eq(strncmp(result.remarks->text[0], first, strlen(first)), 0);
	cr_expect_not_null(strstr(result.remarks->text[0], "within a frame"), "%s",
			   result.remarks->text[0]);
	cr_expect_eq(result.clock, latest_time(149));
	finish(&rig);
}

Test(reader, files_are_read_in_the_order_of_time, .timeout = 60)
{
	char first[128], second[128];
	const char *const paths[] = {first, second};
	struct reader_result result;
	struct rig rig;

	eal_rig_start(NULL);
	strcpy(first, write_samples("late", CAPTURE_PCAP_NS, 100, 200));
	strcpy(second, write_samples("early", CAPTURE_PCAP_NS, 0, 100));
	start_files(&rig, paths, 2, 1);
	cr_expect_eq(take_all(&rig, NULL, NULL), 200);
	reader_result(rig.reader, &result);
	cr_expect_eq(result.clock, latest_time(199));
	cr_expect_eq(result.span, latest_time(199) - latest_time(0));
	for (unsigned int i = 0; i < READER_CLOCK_EVENTS; i++)
		cr_expect_eq(result.events[i].count, 0);
	finish(&rig);
}

/* ---- standard input ---- */

Test(reader, reads_standard_input, .timeout = 60)
{
	char path[128];
	struct rig rig;

	eal_rig_start(NULL);
	strcpy(path, write_samples("piped", CAPTURE_PCAP_NS, 0, 500));
	cr_assert_not_null(freopen(path, "r", stdin));
	start(&rig, "-", 1);
	cr_expect_eq(take_all(&rig, NULL, NULL), 500);
	finish(&rig);
}

Test(reader, stops_while_a_pipe_is_silent, .timeout = 30)
{
	char path[128], head[24];
	int ends[2];
	struct reader_result result;
	struct rig rig;
	FILE *file;

	eal_rig_start(NULL);
	strcpy(path, write_samples("head", CAPTURE_PCAP_NS, 0, 1));
	file = fopen(path, "re");
	cr_assert_eq(fread(head, 1, sizeof(head), file), sizeof(head));
	fclose(file);
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], head, sizeof(head)), (ssize_t)sizeof(head));
	dup2(ends[0], STDIN_FILENO);
	start(&rig, "-", 1);
	cr_expect_eq(eal_rig_poll(&rig.port, 1, NULL, NULL), 0);
	cr_expect_not(reader_finished(rig.reader));
	reader_stop(rig.reader);
	cr_expect_eq(take_all(&rig, NULL, NULL), 0);
	reader_result(rig.reader, &result);
	cr_expect_eq(result.remarks->count, 0);
	finish(&rig);
}
