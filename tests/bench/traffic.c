/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench-traffic: write a capture of synthetic traffic, and print what is in it. The sums are
 * counted from what was written, flow by flow, so an analyzer's numbers can be held against
 * them to the packet.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traffic.h"

enum { EXIT_USE = 2 };

static const uint64_t start_time = UINT64_C(1700000000) * 1000000000;

struct traffic {
	const char *path;
	uint64_t frames, flows, step, churn, seed;
	enum order_kind order;
	double exponent, reverse;
	uint32_t size; /* with FCS; 0: IMIX */
	bool flood;
	struct frame_mix mix;
};

struct sums {
	uint64_t frames, frame_octets, ip_octets, ipv6, vlan, tcp, icmp, reverse;
	uint64_t flows, one_way_flows; /* distinct; one way: each direction counts */
	uint8_t *seen;                 /* two bits for every flow number: forward, reverse */
};

/* ---- the command line ---- */

enum {
	OPTION_FRAMES = 256,
	OPTION_FLOWS,
	OPTION_ORDER,
	OPTION_EXPONENT,
	OPTION_SIZE,
	OPTION_IPV6,
	OPTION_VLAN,
	OPTION_TAGS,
	OPTION_TCP,
	OPTION_ICMP,
	OPTION_OPTIONS,
	OPTION_REVERSE,
	OPTION_CHURN,
	OPTION_FLOOD,
	OPTION_STEP,
	OPTION_SEED,
	OPTION_HELP
};

static const struct row {
	const char *name;
	int id;
	const char *argument, *help;
} rows[] = {
	{"frames", OPTION_FRAMES, "N", "how many (1000000)"},
	{"flows", OPTION_FLOWS, "N", "flows active at any time (1000)"},
	{"order", OPTION_ORDER, "NAME", "uniform, zipf or sequential (uniform)"},
	{"exponent", OPTION_EXPONENT, "X", "of Zipf's distribution (1.0)"},
	{"size", OPTION_SIZE, "N|imix", "with FCS, 64 to 1518; imix: 7:4:1 of 64, 594, 1518 (64)"},
	{"ipv6", OPTION_IPV6, "SHARE",
	 "of the flows, 0 to 1 (0); larger frames where TCP wants it"},
	{"vlan", OPTION_VLAN, "SHARE", "of the flows (0)"},
	{"tags", OPTION_TAGS, "N", "VLAN tags of those: 1 or 2 (1)"},
	{"tcp", OPTION_TCP, "SHARE", "of the flows, the others are UDP (0.8)"},
	{"icmp", OPTION_ICMP, "SHARE", "of the flows, echoes; --tcp is then of the others (0)"},
	{"options", OPTION_OPTIONS, NULL, "a word of them in IPv4 headers"},
	{"reverse", OPTION_REVERSE, "SHARE", "of the packets from server to client (0.5)"},
	{"churn", OPTION_CHURN, "N", "flows replaced by new ones per second (0)"},
	{"flood", OPTION_FLOOD, "syn", "every packet is the SYN of a new flow"},
	{"step", OPTION_STEP, "NS", "from packet to packet (67: 10 Gbit/s of 64-byte frames)"},
	{"seed", OPTION_SEED, "N", "of the random numbers (1)"},
	{"help", OPTION_HELP, NULL, "print this"},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void print_help(void)
{
	printf("usage: bench-traffic [options] FILE\n"
	       "Write a capture (pcap, nanoseconds) and print its sums as JSON.\n\n");
	for (size_t i = 0; i < ROWS; i++)
		printf("  --%-9s %-7s %s\n", rows[i].name,
		       rows[i].argument != NULL ? rows[i].argument : "", rows[i].help);
}

static void refuse(const char *name, const char *text, const char *allowed)
{
	fprintf(stderr, "bench-traffic: --%s %s: not allowed; give %s\n", name, text, allowed);
	exit(EXIT_USE);
}

static uint64_t whole(const char *name, const char *text, uint64_t low, uint64_t high)
{
	char *end, allowed[64];
	uint64_t value = strtoull(text, &end, 10);

	snprintf(allowed, sizeof(allowed), "%" PRIu64 " to %" PRIu64, low, high);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || value < low || value > high)
		refuse(name, text, allowed);
	return value;
}

static double real(const char *name, const char *text, double high)
{
	char *end, allowed[64];
	double value = strtod(text, &end);

	snprintf(allowed, sizeof(allowed), "0 to %g", high);
	if (end == text || *end != '\0' || !(value >= 0 && value <= high))
		refuse(name, text, allowed);
	return value;
}

static enum order_kind order_named(const char *text)
{
	if (strcmp(text, "zipf") == 0)
		return ORDER_ZIPF;
	if (strcmp(text, "sequential") == 0)
		return ORDER_SEQUENTIAL;
	if (strcmp(text, "uniform") != 0)
		refuse("order", text, "uniform, zipf or sequential");
	return ORDER_UNIFORM;
}

/* What the packets are. */
static void take_mix(struct frame_mix *mix, int id, const char *name, const char *text)
{
	switch (id) {
	case OPTION_IPV6:
		mix->ipv6 = real(name, text, 1);
		break;
	case OPTION_VLAN:
		mix->vlan = real(name, text, 1);
		break;
	case OPTION_TAGS:
		mix->tags = (unsigned int)whole(name, text, 1, 2);
		break;
	case OPTION_ICMP:
		mix->icmp = real(name, text, 1);
		break;
	case OPTION_OPTIONS:
		mix->options = true;
		break;
	case OPTION_TCP:
		mix->tcp = real(name, text, 1);
		break;
	}
}

static void take_option(struct traffic *traffic, int id, const char *name, const char *text)
{
	switch (id) {
	case OPTION_FRAMES:
		traffic->frames = whole(name, text, 1, UINT32_MAX);
		break;
	case OPTION_FLOWS:
		traffic->flows = whole(name, text, 1, UINT32_MAX);
		break;
	case OPTION_ORDER:
		traffic->order = order_named(text);
		break;
	case OPTION_EXPONENT:
		traffic->exponent = real(name, text, 4);
		break;
	case OPTION_SIZE:
		traffic->size = 0;
		if (strcmp(text, "imix") != 0)
			traffic->size = (uint32_t)whole(name, text, 64, FRAME_MAX + 4);
		break;
	case OPTION_REVERSE:
		traffic->reverse = real(name, text, 1);
		break;
	case OPTION_CHURN:
		traffic->churn = whole(name, text, 0, 1000000000);
		break;
	case OPTION_FLOOD:
		if (strcmp(text, "syn") != 0)
			refuse(name, text, "syn");
		traffic->flood = true;
		break;
	case OPTION_STEP:
		traffic->step = whole(name, text, 0, 1000000000);
		break;
	case OPTION_SEED:
		traffic->seed = whole(name, text, 0, UINT32_MAX);
		break;
	default:
		take_mix(&traffic->mix, id, name, text);
	}
}

static void take_command_line(struct traffic *traffic, int argc, char **argv)
{
	struct option options[ROWS + 1] = {0};
	int id, row;

	for (size_t i = 0; i < ROWS; i++)
		options[i] = (struct option){.name = rows[i].name,
					     .has_arg = rows[i].argument != NULL,
					     .val = rows[i].id};
	while ((id = getopt_long(argc, argv, "", options, &row)) != -1) {
		if (id == '?')
			exit(EXIT_USE);
		if (id == OPTION_HELP) {
			print_help();
			exit(EXIT_SUCCESS);
		}
		take_option(traffic, id, rows[row].name, optarg);
	}
	if (argc - optind != 1) {
		fprintf(stderr, "bench-traffic: no FILE or more than one; give one, see --help\n");
		exit(EXIT_USE);
	}
	traffic->path = argv[optind];
}

/* ---- the traffic ---- */

/* Flow numbers are below this. */
static uint64_t flow_limit(const struct traffic *traffic)
{
	double seconds = (double)traffic->frames * (double)traffic->step / 1e9;

	return traffic->flows + (uint64_t)((double)traffic->churn * seconds) + 1;
}

static uint32_t next_length(const struct traffic *traffic, struct prng *prng)
{
	uint64_t turn;

	if (traffic->size != 0)
		return traffic->size - 4;
	turn = prng_below(prng, 12);
	return turn < 7 ? 60 : turn < 11 ? 590 : 1514;
}

static void count(struct sums *sums, const struct frame *frame, uint64_t flow, bool reverse)
{
	unsigned int shift = (flow & 3) * 2;
	unsigned int before = sums->seen[flow >> 2] >> shift & 3;
	unsigned int bit = reverse ? 2 : 1;

	sums->frames++;
	sums->frame_octets += frame->length;
	sums->ip_octets += frame->ip_octets;
	sums->ipv6 += frame->ipv6;
	sums->vlan += frame->vlan;
	sums->tcp += frame->tcp;
	sums->icmp += frame->icmp;
	sums->reverse += reverse;
	sums->flows += before == 0;
	sums->one_way_flows += (before & bit) == 0;
	sums->seen[flow >> 2] |= (uint8_t)(bit << shift);
}

static bool generate(const struct traffic *traffic, struct order *order,
		     struct capture_writer *writer, struct sums *sums)
{
	static uint8_t bytes[FRAME_MAX];
	struct frame frame = {.bytes = bytes};
	struct prng prng = {prng_mix(traffic->seed)};

	for (uint64_t i = 0; i < traffic->frames; i++) {
		uint64_t elapsed = i * traffic->step;
		uint64_t flow = order_next(order, &prng, elapsed);
		bool reverse = prng_chance(&prng, traffic->reverse);

		frame_build(&traffic->mix, flow, reverse, next_length(traffic, &prng), &frame);
		count(sums, &frame, flow, reverse);
		if (!capture_write(writer, start_time + elapsed, &frame))
			return false;
	}
	return true;
}

static void print_sums(const struct traffic *traffic, const struct sums *sums)
{
	printf("{\"file\": \"%s\",\n \"frames\": %" PRIu64 ", \"frame_octets\": %" PRIu64
	       ", \"ip_octets\": %" PRIu64 ",\n \"flows\": %" PRIu64 ", \"one_way_flows\": %" PRIu64
	       ",\n \"ipv6\": %" PRIu64 ", \"vlan\": %" PRIu64 ", \"tcp\": %" PRIu64
	       ", \"icmp\": %" PRIu64 ", \"reverse\": %" PRIu64
	       ",\n \"seconds\": %.9f, \"seed\": %" PRIu64 "}\n",
	       traffic->path, sums->frames, sums->frame_octets, sums->ip_octets, sums->flows,
	       sums->one_way_flows, sums->ipv6, sums->vlan, sums->tcp, sums->icmp, sums->reverse,
	       (double)((traffic->frames - 1) * traffic->step) / 1e9, traffic->seed);
}

/* False with errno: not all of it is in the file. */
static bool write_capture(const struct traffic *traffic, struct order *order, struct sums *sums)
{
	struct capture_writer *writer = capture_open(traffic->path);
	bool written;
	int error;

	if (writer == NULL)
		return false;
	written = generate(traffic, order, writer, sums);
	error = errno;
	if (!capture_close(writer) && written)
		return false;
	errno = error;
	return written;
}

static int fail(const char *what, const char *remedy)
{
	fprintf(stderr, "bench-traffic: %s: %s; %s\n", what, strerror(errno), remedy);
	return EXIT_FAILURE;
}

/* A flood is what the other options already say, each flow with one packet. */
static void make_flood(struct traffic *traffic)
{
	traffic->mix.syn = true;
	traffic->reverse = 0;
	traffic->order = ORDER_SEQUENTIAL;
	traffic->flows = traffic->frames;
}

int main(int argc, char **argv)
{
	struct traffic traffic = {.frames = 1000000,
				  .flows = 1000,
				  .step = 67,
				  .seed = 1,
				  .exponent = 1,
				  .reverse = 0.5,
				  .size = 64,
				  .mix = {.tcp = 0.8, .tags = 1}};
	struct sums sums = {0};
	struct order order = {0};
	int status = EXIT_SUCCESS;

	take_command_line(&traffic, argc, argv);
	traffic.mix.seed = traffic.seed;
	if (traffic.flood)
		make_flood(&traffic);
	if (flow_limit(&traffic) > UINT32_MAX) {
		fprintf(stderr, "bench-traffic: 2^32 flows and more in all; give less --churn\n");
		return EXIT_USE;
	}
	sums.seen = calloc(flow_limit(&traffic) / 4 + 1, 1);
	if (sums.seen == NULL ||
	    !order_init(&order, traffic.order, traffic.flows, traffic.churn, traffic.exponent))
		status = fail("memory", "give fewer --flows");
	else if (!write_capture(&traffic, &order, &sums))
		status = fail(traffic.path, "see its folder's room and rights");
	else
		print_sums(&traffic, &sums);
	order_release(&order);
	free(sums.seen);
	return status;
}
