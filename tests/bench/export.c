/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench-export: how many records a second one outlet takes to its other side, and what it costs
 * the thread that gives them to it.
 *
 *	bench-export WHERE RECORDS [OUTLETS]
 *
 * WHERE is a URL as of `weir --export`, or the path of a file for lines of JSON, as of `--flows`.
 * The giver runs on the first CPU that is allowed, the outlets on the others, and waits for them as
 * with captures. Prints JSON: `sent` and `lost` records of the first outlet; `seconds` until all
 *had left; `cpu` seconds of the outlets' threads; `give_ns`, what handing over a record cost while
 * there was room in the queue, all outlets together, as the median of pieces.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <weir/bus.h>
#include <weir/clock.h>
#include <weir/export_kind.h>
#include <weir/file_sender.h>
#include <weir/flow_line.h>

#define VIEWS       4096 /* different ones, over and over */
#define OUTLETS_MAX 64
#define PIECE       (OUTLET_BATCHES * BUS_BATCH / 2) /* records that an empty queue has room for */
#define PIECES      31

static struct flow_view views[VIEWS];

/* TCP both ways, of as many hosts, a fifth of them over IPv6. */
static void make_views(void)
{
	for (uint32_t i = 0; i < VIEWS; i++) {
		struct flow_view *view = &views[i];

		*view = (struct flow_view){
			.version = i % 5 == 0 ? 6 : 4,
			.source_port = (uint16_t)(32768 + i),
			.destination_port = 443,
			.protocol = 6,
			.end = FLOW_END_CLOSED,
			.first =
				UINT64_C(1767323045123) * CLOCK_MILLISECOND + i * CLOCK_MILLISECOND,
			.packets = {10 + i % 90, 8 + i % 200},
			.octets = {1000 + i * 17, 20000 + i * 333},
			.frame_octets = 25000 + i * 360,
			.frame_min = 60,
			.frame_max = 1514,
			.tcp_flags = {0x1b, 0x1b},
			.ttl_min = 57,
			.ttl_max = 64,
			.mac_source = {2, 0, 0x5e, 0, 0x53, 1},
			.mac_destination = {2, 0, 0x5e, 0, 0x53, 2},
		};
		view->last = view->first + 1500 * CLOCK_MILLISECOND;
		memcpy(view->source, (const uint8_t[]){10, (uint8_t)(i >> 8), (uint8_t)i, 1}, 4);
		memcpy(view->destination, (const uint8_t[]){192, 0, 2, (uint8_t)(i % 250)}, 4);
	}
}

/* ---- outlets ---- */

static _Noreturn void fail(const char *text)
{
	fprintf(stderr, "bench-export: %s\n", text);
	exit(1);
}

static bool never(void)
{
	return false;
}

static struct outlet *open_outlet(const char *where, uint64_t *buffer)
{
	static const char *const begins[] = {"{\"", NULL};
	const struct export_environment environment = {.capture = true};
	const struct file_settings file = {.path = where, .lines = true, .begins = begins};
	struct export_parts parts = {.encoder = flow_line_encoder,
				     .buffer = OUTLET_BATCHES * BUS_BATCH};
	struct outlet *outlet;
	struct error error;
	int result = strstr(where, "://") != NULL ? export_open(where, &environment, &parts, &error)
						  : file_sender_open(&file, &parts.sender, &error);

	if (result != 0)
		fail(error.text);
	*buffer = parts.buffer;
	const struct outlet_settings settings = {
		.option = "export",
		.name = where,
		.what = "flow records",
		.queue = (parts.buffer + BUS_BATCH - 1) / BUS_BATCH,
		.encoder = &parts.encoder,
		.linger = parts.linger,
		.patience = OUTLET_ALWAYS,
		.hurry = never,
	};

	if (outlet_open(&settings, &parts.sender, &outlet, &error) != 0)
		fail(error.text);
	return outlet;
}

/* The calling thread, and those that it starts from now on. */
static void run_on(bool first)
{
	static cpu_set_t allowed;
	cpu_set_t some;
	int cpu = 0;

	if (CPU_COUNT(&allowed) == 0)
		sched_getaffinity(0, sizeof(allowed), &allowed);
	while (!CPU_ISSET(cpu, &allowed))
		cpu++;
	some = allowed;
	if (first)
		CPU_ZERO(&some);
	CPU_CLR(cpu, &some);
	if (first || CPU_COUNT(&some) == 0)
		CPU_SET(cpu, &some);
	sched_setaffinity(0, sizeof(some), &some);
}

static double cpu_seconds(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

/* ---- giving ---- */

static void give(struct bus *bus, uint64_t records)
{
	uint64_t given = 0;

	while (given < records) {
		uint64_t room = bus_room(bus);

		if (room == 0)
			usleep(50);
		for (; room > 0 && given < records; room--)
			bus_record(bus, &views[given++ % VIEWS]);
	}
	while (!bus_flush(bus))
		usleep(50);
}

static bool are_empty(struct outlet *const *outlets, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!outlet_is_empty(outlets[i]))
			return false;
	return true;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* What a record costs the giver while nothing is in its way, in ns. */
static double measure_giving(struct bus *bus, struct outlet *const *outlets, uint32_t count)
{
	double pieces[PIECES];

	for (int i = 0; i < PIECES; i++) {
		while (!are_empty(outlets, count))
			usleep(50);
		uint64_t begin = clock_monotonic_ns();

		for (uint32_t n = 0; n < PIECE; n++)
			bus_record(bus, &views[n % VIEWS]);
		pieces[i] = (double)(clock_monotonic_ns() - begin) / PIECE;
	}
	while (!bus_flush(bus)) /* the batch in hand is of these, too */
		usleep(50);
	qsort(pieces, PIECES, sizeof(pieces[0]), compare);
	return pieces[PIECES / 2];
}

int main(int argc, char **argv)
{
	uint64_t records = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	uint32_t count = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1;
	struct outlet *outlets[OUTLETS_MAX];
	struct outlet_ledger ledger;
	uint64_t buffer = 0, before;
	struct bus *bus;

	if (records == 0 || count == 0 || count > OUTLETS_MAX)
		fail("usage: bench-export WHERE RECORDS [OUTLETS]");
	make_views();
	run_on(false);
	for (uint32_t i = 0; i < count; i++)
		outlets[i] = open_outlet(argv[1], &buffer);
	run_on(true);
	if (bus_create(outlets, count, 0, &bus) != 0)
		fail("no memory");
	give(bus, buffer + (uint64_t)count * BUS_BATCH); /* weir touches all memory at its start */
	double ns = measure_giving(bus, outlets, count);
	outlet_ledger(outlets[0], &ledger);
	before = ledger.given;
	double cpu = cpu_seconds(RUSAGE_SELF) - cpu_seconds(RUSAGE_THREAD);
	uint64_t begin = clock_monotonic_ns();

	give(bus, records);
	for (uint32_t i = 0; i < count; i++)
		outlet_end(outlets[i]);
	for (uint32_t i = 0; i < count; i++)
		while (!outlet_ended(outlets[i], CLOCK_MILLISECOND))
			;
	double seconds = (double)(clock_monotonic_ns() - begin) / CLOCK_SECOND;

	cpu = cpu_seconds(RUSAGE_SELF) - cpu_seconds(RUSAGE_THREAD) - cpu;
	outlet_ledger(outlets[0], &ledger);
	printf("{\"sent\": %" PRIu64 ", \"lost\": %" PRIu64 ", \"seconds\": %.6f, \"cpu\": %.6f, "
	       "\"give_ns\": %.2f}\n",
	       ledger.sent - before, ledger.lost_full + ledger.lost_remote, seconds, cpu, ns);
	for (uint32_t i = 0; i < count; i++)
		outlet_free(outlets[i]);
	bus_destroy(bus);
	return 0;
}
