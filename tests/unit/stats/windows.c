/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

/*
 * A script of traffic that is different in every second, against sums made by hand: windows
 * are sums over whole intervals, for every dimension and metric.
 */

#define SECONDS 150
#define SENDERS 5
#define SERVER  0xc0000201
#define SENDER  0x0a000000

/* Packets that sender `host` sends in second `i`. Some seconds are silent. */
static uint32_t script(uint32_t i, uint32_t host)
{
	return (i * 7 + host * 13) % 11 * (i % 4 != host % 4);
}

static struct shot shot_of(uint32_t host)
{
	return (struct shot){.source = SENDER + host,
			     .destination = SERVER,
			     .source_port = (uint16_t)(1000 + host),
			     .destination_port = 53,
			     .protocol = PROTOCOL_UDP,
			     .octets = (uint16_t)(100 + host)};
}

static void send_second(struct rig *rig, uint32_t i)
{
	for (uint32_t host = 0; host < SENDERS; host++) {
		struct shot shot = shot_of(host);

		if (script(i, host) > 0)
			rig_send(rig, &shot, script(i, host));
	}
}

/* Packets of `host`, or of all hosts, in seconds first..last. */
static uint64_t sum(uint32_t first, uint32_t last, uint32_t host)
{
	uint64_t packets = 0;

	for (uint32_t i = first; i <= last; i++)
		for (uint32_t h = 0; h < SENDERS; h++)
			packets += host == h || host == SENDERS ? script(i, h) : 0;
	return packets;
}

/* The flow of `host` is new in a window that holds its first packet. */
static uint64_t is_new(uint32_t first, uint32_t last, uint32_t host)
{
	return sum(0, last, host) > 0 && (first == 0 || sum(0, first - 1, host) == 0);
}

static void check_window(struct rig *rig, enum stats_window window, uint32_t first, uint32_t last)
{
	const struct snapshot *snapshot;

	for (uint32_t host = 0; host < SENDERS; host++) {
		uint64_t packets = sum(first, last, host);
		struct shot shot = shot_of(host);
		struct stats_key keys[] = {
			[STATS_SOURCE] = key_source(SENDER + host),
			[STATS_DESTINATION] = key_destination(SERVER),
			[STATS_PAIR] = key_pair(SENDER + host, SERVER),
			[STATS_SOURCE_PORT] = {.protocol = PROTOCOL_UDP,
					       .source_port = shot.source_port},
			[STATS_DESTINATION_PORT] = {.protocol = PROTOCOL_UDP,
						    .destination_port = 53},
			[STATS_PROTOCOL] = {.protocol = PROTOCOL_UDP},
			[STATS_FLOW] = key_flow(&shot),
		};

		for (int d = 0; d < STATS_DIMENSIONS; d++) {
			struct stats_row row = rig_row(rig, d, window, &keys[d]);
			bool of_all = d == STATS_DESTINATION || d == STATS_DESTINATION_PORT ||
				      d == STATS_PROTOCOL;

			cr_assert_eq(row.metrics[STATS_PACKETS],
				     of_all ? sum(first, last, SENDERS) : packets,
				     "%s, %s, seconds %u to %u: %lu", stats_dimension_names[d],
				     stats_window_names[window], first, last,
				     row.metrics[STATS_PACKETS]);
			if (of_all)
				continue;
			cr_assert_eq(row.metrics[STATS_OCTETS], packets * shot.octets);
			cr_assert_eq(row.metrics[STATS_FLOWS],
				     packets > 0 && is_new(first, last, host));
		}
	}
	snapshot = stats_acquire(rig->stats);
	for (int d = 0; d < STATS_DIMENSIONS; d++)
		for (int m = 0; m < STATS_METRICS; m++)
			cr_assert(snapshot->top[d][m][window].exact);
	stats_release(rig->stats, snapshot);
}

static uint32_t first_of(uint32_t i, uint32_t seconds)
{
	return i + 1 > seconds ? i + 1 - seconds : 0;
}

Test(windows, sums_at_one_second)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});

	for (uint32_t i = 0; i < SECONDS; i++) {
		send_second(rig, i);
		rig_step(rig, CLOCK_SECOND);
		check_window(rig, STATS_NOW, i, i);
		check_window(rig, STATS_10S, first_of(i, 10), i);
		check_window(rig, STATS_60S, first_of(i, 60), i);
		check_window(rig, STATS_TOTAL, 0, i);
	}
	rig_close(rig);
}

/* A step comes a little late as a rule: that must not cost a window its tenth second. */
Test(windows, sums_when_steps_are_late)
{
	struct rig *rig = rig_open(&(struct rig_settings){.workers = 2});

	for (uint32_t i = 0; i < SECONDS; i++) {
		send_second(rig, i);
		rig_step(rig, CLOCK_SECOND + CLOCK_MILLISECOND * (i % 8));
		check_window(rig, STATS_10S, first_of(i, 10), i);
		check_window(rig, STATS_60S, first_of(i, 60), i);
	}
	rig_close(rig);
}

/* Four intervals to a "second" of the script: only the last of them has the whole of it. */
Test(windows, short_intervals_are_joined)
{
	struct rig *rig = rig_open(&(struct rig_settings){.interval = CLOCK_SECOND / 4});

	for (uint32_t i = 0; i < SECONDS; i++) {
		for (uint32_t quarter = 0; quarter < 4; quarter++) {
			if (quarter == i % 4)
				send_second(rig, i);
			rig_step(rig, CLOCK_SECOND / 4);
			check_window(rig, STATS_NOW, quarter == i % 4 ? i : SECONDS,
				     quarter == i % 4 ? i : SECONDS - 1);
		}
		check_window(rig, STATS_10S, first_of(i, 10), i);
		check_window(rig, STATS_60S, first_of(i, 60), i);
		check_window(rig, STATS_TOTAL, 0, i);
	}
	rig_close(rig);
}

Test(windows, long_intervals_as_many_as_fit)
{
	struct rig *rig = rig_open(&(struct rig_settings){.interval = 4 * CLOCK_SECOND});

	for (uint32_t i = 0; i < SECONDS; i++) {
		send_second(rig, i);
		rig_step(rig, 4 * CLOCK_SECOND);
		check_window(rig, STATS_NOW, i, i);
		check_window(rig, STATS_10S, first_of(i, 2), i);
		check_window(rig, STATS_60S, first_of(i, 15), i);
	}
	rig_close(rig);
}

Test(windows, hold_at_least_one_interval)
{
	struct rig *rig = rig_open(&(struct rig_settings){.interval = 300 * CLOCK_SECOND});

	for (uint32_t i = 0; i < 5; i++) {
		send_second(rig, i);
		rig_step(rig, 300 * CLOCK_SECOND);
		check_window(rig, STATS_10S, i, i);
		check_window(rig, STATS_60S, i, i);
		check_window(rig, STATS_TOTAL, 0, i);
	}
	rig_close(rig);
}

/* Nothing was asked for in time: the interval is a long one, and covers what it covers. */
Test(windows, a_stall_is_one_long_interval)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});

	for (uint32_t i = 0; i < 20; i++) {
		send_second(rig, i);
		rig_step(rig, i == 14 ? 5 * CLOCK_SECOND : CLOCK_SECOND);
	}
	/* Second 14 took 5: with it and 5 more before or after it, ten are full. */
	check_window(rig, STATS_10S, 14, 19);
	check_window(rig, STATS_60S, 0, 19);
	rig_close(rig);
}

/* What a window holds is what comes nearest to its name, and it says so. */
static void check_covered(uint64_t interval, uint32_t intervals, const uint64_t ms[STATS_WINDOWS])
{
	struct rig *rig = rig_open(&(struct rig_settings){.interval = interval});

	for (uint32_t i = 0; i < intervals; i++) {
		struct shot shot = shot_of(0);

		rig_send(rig, &shot, 1);
		rig_step(rig, interval);
	}
	const struct snapshot *snapshot = stats_acquire(rig->stats);

	for (int w = 0; w < STATS_WINDOWS; w++) {
		uint64_t covered = snapshot->windows[w].time;

		cr_expect_eq(covered, ms[w] * CLOCK_MILLISECOND, "%s at %lu ns: %lu",
			     stats_window_names[w], interval, covered);
		cr_expect_eq(rig_sum(rig, STATS_SOURCE, w, STATS_PACKETS), covered / interval,
			     "%s at %lu ns holds as many intervals", stats_window_names[w],
			     interval);
	}
	stats_release(rig->stats, snapshot);
	rig_close(rig);
}

#define MS(ms) ((ms)*CLOCK_MILLISECOND)

Test(windows, nearest_to_their_names)
{
	check_covered(MS(6000), 20, (const uint64_t[]){6000, 12000, 60000, 120000});
	check_covered(MS(7000), 20, (const uint64_t[]){7000, 7000, 63000, 140000});
	check_covered(MS(10010), 20, (const uint64_t[]){10010, 10010, 60060, 200200});
	check_covered(MS(1010), 90, (const uint64_t[]){1010, 10100, 59590, 90900});
	check_covered(MS(300), 300, (const uint64_t[]){300, 9600, 60000, 90000});
	check_covered(MS(50), 2000, (const uint64_t[]){50, 10000, 60000, 100000});
	check_covered(MS(3600000), 3, (const uint64_t[]){3600000, 3600000, 3600000, 10800000});
}

/* Three seconds after the start there are no more. */
Test(windows, no_longer_than_there_was_time)
{
	check_covered(MS(1000), 3, (const uint64_t[]){1000, 3000, 3000, 3000});
	check_covered(MS(200), 4, (const uint64_t[]){200, 800, 800, 800});
}

/* ---- what comes when the walk is over ---- */

static void end_another(void *context, uint32_t shard)
{
	struct shot shot = shot_of(0);

	(void)shard;
	shot.protocol = PROTOCOL_TCP;
	shot.tcp_flags = TCP_SYN | TCP_RST; /* ends the one before, and is done itself */
	rig_send(context, &shot, 2);
	rig_flush(context);
}

Test(windows, all_lists_are_of_the_same_packets)
{
	static const enum stats_dimension lists[] = {STATS_SOURCE, STATS_PAIR, STATS_SOURCE_PORT,
						     STATS_PROTOCOL, STATS_FLOW};
	struct rig *rig = rig_open(&(struct rig_settings){0});
	const struct stats_consumer consumer = {.close = end_another, .context = rig};

	cr_assert_eq(stats_add_consumer(rig->stats, &consumer), 0);
	for (uint64_t step = 0; step < 4; step++) {
		rig_step(rig, CLOCK_SECOND);
		for (unsigned int l = 0; l < sizeof(lists) / sizeof(lists[0]); l++)
			cr_expect_eq(rig_sum(rig, lists[l], STATS_TOTAL, STATS_PACKETS), 2 * step,
				     "list %u, step %lu", l, step);
	}
	rig_close(rig);
}
