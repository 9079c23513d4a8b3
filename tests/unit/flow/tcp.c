/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "support.h"

/*
 * Packets as "direction flags" words: ">SA" is SYN+ACK forward, "<" is a packet without flags
 * (a later fragment) in reverse. All are of one flow, also those
 * that follow its close.
 */
struct sequence {
	const char *packets;
	bool closes; /* ends as closed, when its time has come */
};

static const struct sequence sequences[] = {
	{">S <SA >A >FA <FA >A", true},
	{">S <SA >A >FA <A <A <FA >A", true},
	{">A <FA >FA <A", true},
	/* the ACK must come from the side that closed first */
	{">FA <FA <A", false},
	{">FA <FA <A >A", true},
	{">FA >A <A >A", false},
	/* repeated FINs change nothing */
	{">FA >FA <FA >A", true},
	{">FA <FA <FA >A", true},
	{">FA <FA >FA >A", true},
	{">FA <FA >FA <A", false},
	/* a FIN's own ACK bit is not the last ACK */
	{">F <F >F", false},
	{">FA <FA >FA", false},
	{">F <F >", false},
	{">F <F > >A", true},
	/* data after the first FIN: half closed */
	{">FA <A <A >A <A >A <FA >A", true},
	/* RST, from everywhere */
	{">S <RA", true},
	{">R", true},
	{">S <SA >A >R", true},
	{">FA <R", true},
	{">FA <FA <R", true},
	{">FR", true},
	/* what follows a close: the FINs cross, both are acknowledged; repeated; in flight */
	{">S <SA >A >FA <FA >A <A", true},
	{">S <SA >A <FA >FA <A >FA <FA >A <", true},
	{">S <SA >A >RA <A <A <SA >R >R", true},
	{">S >R <SA >R", true},
	{">R <FA >A <R", true},
	/* a SYN-ACK begins nothing, and neither does a SYN while nobody closes */
	{">FA <FA >A <SA", true},
	{">S <SA >A >S <SA", false},
	/* open */
	{">S <SA >A <A >A", false},
	{">S >S >S", false},
	{">", false},
};

static uint8_t flags_of(const char *word)
{
	uint8_t flags = 0;

	for (; *word != '\0' && *word != ' '; word++) {
		flags |= *word == 'S' ? SYN : 0;
		flags |= *word == 'A' ? ACK : 0;
		flags |= *word == 'F' ? FIN : 0;
		flags |= *word == 'R' ? RST : 0;
	}
	return flags;
}

static struct packet tcp_packet(bool reverse, uint8_t flags, bool swapped)
{
	struct endpoint client = {.address = {10, 0, 0, 1}, .port = 40000};
	struct endpoint server = {.address = {10, 0, 0, 2}, .port = 443};
	struct packet packet = reverse != swapped ? make_packet(4, &server, &client, TCP, EPOCH)
						  : make_packet(4, &client, &server, TCP, EPOCH);

	packet.tcp_flags = flags;
	packet.mac[5] = reverse != swapped ? 1 : 2;
	packet.mac[11] = reverse != swapped ? 2 : 1;
	return packet;
}

static uint32_t feed_words(struct feeder *feeder, const char *words, bool swapped, uint64_t clock)
{
	uint32_t packets = 0;

	for (const char *word = words; word != NULL; word = strchr(word, ' ')) {
		word += *word == ' ';
		struct packet packet = tcp_packet(*word == '<', flags_of(word), swapped);

		packet.clock = packet.time = clock;
		feeder_packet(feeder, &packet);
		packets++;
	}
	return packets;
}

/* `swapped`: forward is endpoint 1. `cut`: packets of a burst. */
static void run_sequence(const struct sequence *sequence, bool swapped, uint32_t cut)
{
	struct flow_settings settings = usual_settings(64);
	struct feeder feeder;

	feeder_open(&feeder, &settings, cut);
	uint32_t packets = feed_words(&feeder, sequence->packets, swapped, EPOCH);

	feeder_flush(&feeder);
	feeder_check_conserved(&feeder);
	cr_assert_eq(feeder.ended_count, 0, "%s", sequence->packets);
	feeder_finish(&feeder, EPOCH);
	cr_assert_eq(feeder.ended_count, 1, "%s", sequence->packets);
	struct flow_view view = feeder_view(&feeder, 0);

	cr_assert_eq(view.end, sequence->closes ? FLOW_END_CLOSED : FLOW_END_FORCED, "%s",
		     sequence->packets);
	cr_assert_eq(view.packets[0] + view.packets[1], packets, "%s", sequence->packets);
	feeder_close(&feeder);
}

Test(tcp, close_sequences)
{
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		for (int swapped = 0; swapped < 2; swapped++) {
			run_sequence(&sequences[i], swapped, 1);
			run_sequence(&sequences[i], swapped, FLOW_BURST);
		}
	}
}

/* The records of a sequence, "/" between them, in which a SYN begins a connection at once. */
static void run_records(const char *const *records, uint32_t count, enum flow_end last)
{
	struct flow_settings settings = usual_settings(64);
	struct feeder feeder;
	uint32_t packets[8];

	feeder_open(&feeder, &settings, 1);
	for (uint32_t i = 0; i < count; i++)
		packets[i] = feed_words(&feeder, records[i], i & 1, EPOCH + i * SECOND);
	feeder_finish(&feeder, EPOCH + count * SECOND);
	cr_assert_eq(feeder.ended_count, count);
	for (uint32_t i = 0; i < count; i++) {
		struct flow_view view = feeder_view(&feeder, i);

		cr_assert_eq(view.packets[0] + view.packets[1], packets[i], "record %u", i);
		cr_assert_eq(view.source_port, i & 1 ? 443 : 40000, "who sent the SYN");
		cr_assert_eq(view.end, i + 1 < count ? FLOW_END_CLOSED : last);
	}
	cr_assert_eq(flow_table_counters(feeder.table)->created, count);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

#define RECORDS(last, ...)                                                                         \
	run_records((const char *const[]){__VA_ARGS__},                                            \
		    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), last)

Test(tcp, a_syn_after_fin_or_rst_begins_a_connection)
{
	RECORDS(FLOW_END_FORCED, ">S <SA >A >FA <FA >A <FA >A", ">S <SA >A");
	RECORDS(FLOW_END_CLOSED, ">S <RA", ">S <RA", ">S <RA <R");
	/* half closed, with one FIN and with two */
	RECORDS(FLOW_END_FORCED, ">S <SA >A <FA >A", ">S <SA >A >S");
	RECORDS(FLOW_END_CLOSED, ">S <SA >A <FA >FA", ">S <SA >A >FA <FA >A");
}

/* One packet of each kind at these times after the close; which is in which record? */
static void expect_linger(uint64_t inactive, uint64_t after, bool taken)
{
	struct flow_settings settings = usual_settings(64);
	struct feeder feeder;

	settings.inactive_timeout = inactive;
	feeder_open(&feeder, &settings, 1);
	feed_words(&feeder, ">S <SA >RA", false, EPOCH);
	feed_words(&feeder, "<A", false, EPOCH + after);
	feeder_flush(&feeder);
	feeder_check_conserved(&feeder);
	cr_assert_eq(feeder.ended_count, !taken, "%lu", after);
	if (!taken) {
		struct flow_view view = feeder_view(&feeder, 0);

		cr_assert_eq(view.end, FLOW_END_CLOSED);
		cr_assert_eq(view.packets[0] + view.packets[1], 3);
	}
	feeder_close(&feeder);
}

Test(tcp, a_closed_record_lingers)
{
	expect_linger(16 * SECOND, 0, true);
	expect_linger(16 * SECOND, 2 * SECOND, true);
	expect_linger(16 * SECOND, 2 * SECOND + 1, false);
	expect_linger(16 * SECOND, 40 * SECOND, false);
	expect_linger(SECOND, SECOND, true);
	expect_linger(SECOND, SECOND + 1, false);
}

/* It takes no packet to let it go, and none of its own. */
Test(tcp, a_closed_record_leaves_when_it_has_lingered)
{
	struct flow_settings settings = usual_settings(64);
	struct feeder feeder;

	feeder_open(&feeder, &settings, 1);
	feed_words(&feeder, ">S <RA", false, EPOCH);
	feed_words(&feeder, "<R", false, EPOCH + SECOND);
	feeder_flush(&feeder);
	for (uint64_t clock = EPOCH; clock <= EPOCH + 3 * SECOND; clock += 10 * MILLISECOND)
		flow_table_expire(feeder.table, clock);
	feeder_take(&feeder);
	cr_assert_eq(feeder.ended_count, 0);
	for (uint64_t clock = EPOCH; clock <= EPOCH + 5 * SECOND; clock += 10 * MILLISECOND)
		flow_table_expire(feeder.table, clock);
	feeder_take(&feeder);
	cr_assert_eq(feeder.ended_count, 1);
	cr_assert_eq(feeder_view(&feeder, 0).end, FLOW_END_CLOSED);
	feeder_close(&feeder);
}

/* ---- across the active timeout ---- */

/* A packet every second; with `sweeps` a record leaves between two packets, else at the next. */
static void run_long(struct feeder *feeder, const char *const *words, uint32_t count, bool sweeps)
{
	struct flow_settings settings = usual_settings(64);

	settings.active_timeout = 4 * SECOND;
	feeder_open(feeder, &settings, 1);
	for (uint32_t i = 0; i < count; i++) {
		uint64_t clock = EPOCH + i * SECOND;

		feed_words(feeder, words[i], false, clock);
		feeder_flush(feeder);
		for (int step = 1; sweeps && step < 50; step++)
			flow_table_expire(feeder->table, clock + step * 20 * MILLISECOND);
	}
	feeder_finish(feeder, EPOCH + (count - 1) * SECOND);
	feeder_check_conserved(feeder);
}

static void expect_long(const char *const *words, uint32_t count, const enum flow_end *ends,
			uint32_t records)
{
	for (int sweeps = 0; sweeps < 2; sweeps++) {
		struct feeder feeder;

		run_long(&feeder, words, count, sweeps);
		cr_assert_eq(feeder.ended_count, records);
		cr_assert_eq(flow_table_counters(feeder.table)->created, records);
		for (uint32_t i = 0; i < records; i++) {
			struct flow_view view = feeder_view(&feeder, i);

			cr_assert_eq(view.source_port, 40000, "turned");
			cr_assert_eq(view.mac_source[5], 1);
			cr_assert_eq(view.mac_destination[5], 2);
			cr_assert_eq(view.end, ends[i], "record %u: %d", i, view.end);
		}
		feeder_close(&feeder);
	}
}

#define LONG(words, ...)                                                                           \
	expect_long(words, sizeof(words) / sizeof(words[0]), (const enum flow_end[]){__VA_ARGS__}, \
		    sizeof((const enum flow_end[]){__VA_ARGS__}) / sizeof(enum flow_end))

Test(tcp, direction_and_close_outlive_the_active_timeout)
{
	static const char *const open[] = {">S", "<SA", ">A", ">A", ">A", "<A",
					   "<A", "<A",  "<A", "<A", "<A"};
	static const char *const fins[] = {">S <SA", ">A",  ">A", "<FA", ">A", ">A",
					   ">A",     ">FA", ">A", ">A",  "<A", "<R"};
	static const char *const late[] = {">S <SA", ">A", ">A", ">A <FA >FA <A", "<A", "<R", ">R"};

	LONG(open, FLOW_END_ACTIVE, FLOW_END_ACTIVE, FLOW_END_FORCED);
	LONG(fins, FLOW_END_ACTIVE, FLOW_END_ACTIVE, FLOW_END_CLOSED);
	/* closed just before the timeout: what follows is no ghost */
	LONG(late, FLOW_END_CLOSED);
}

Test(tcp, a_piece_may_have_packets_in_reverse_only)
{
	static const char *const words[] = {">S", "<SA", ">A", ">A", ">A", "<A", "<A"};
	struct feeder feeder;

	run_long(&feeder, words, 7, true);
	struct flow_view view = feeder_view(&feeder, 1);

	cr_assert_eq(view.packets[0], 0);
	cr_assert_eq(view.packets[1], 2);
	cr_assert_eq(view.octets[0], 0);
	cr_assert_eq(view.octets[1], 2 * 86);
	cr_assert_eq(view.tcp_flags[0], 0);
	cr_assert_eq(view.tcp_flags[1], ACK);
	feeder_close(&feeder);
}

/* Its record leaves between two packets, and nobody sees what is kept of it. */
Test(tcp, the_active_timeout_waits_for_no_packet)
{
	struct flow_settings settings = usual_settings(64);
	struct feeder feeder;

	settings.active_timeout = 4 * SECOND;
	feeder_open(&feeder, &settings, 1);
	feed_words(&feeder, ">S", false, EPOCH);
	feed_words(&feeder, "<SA", false, EPOCH + 3 * SECOND);
	feeder_flush(&feeder);
	for (uint64_t clock = EPOCH; clock <= EPOCH + 6 * SECOND; clock += 20 * MILLISECOND)
		flow_table_expire(feeder.table, clock);
	feeder_take(&feeder);
	cr_assert_eq(feeder.ended_count, 1);
	cr_assert_eq(feeder_view(&feeder, 0).end, FLOW_END_ACTIVE);
	cr_assert_eq(feeder_live(&feeder), 0);
	feeder_check_conserved(&feeder);

	feed_words(&feeder, "<A", false, EPOCH + 7 * SECOND);
	feeder_flush(&feeder);
	cr_assert_eq(feeder_live(&feeder), 1);
	feeder_finish(&feeder, EPOCH + 8 * SECOND);
	cr_assert_eq(feeder.ended_count, 2);
	cr_assert_eq(feeder_view(&feeder, 1).end, FLOW_END_FORCED);
	cr_assert_eq(feeder_view(&feeder, 1).packets[1], 1);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

/* Dormant for the inactive timeout, no longer; and a SYN after a FIN needs no packet before it. */
Test(tcp, what_is_forgotten_begins_anew)
{
	for (int sweeps = 0; sweeps < 2; sweeps++) {
		struct flow_settings settings = usual_settings(64);
		struct feeder feeder;
		uint64_t clock = EPOCH + 10 * SECOND;

		settings.active_timeout = 4 * SECOND;
		feeder_open(&feeder, &settings, 1);
		feed_words(&feeder, ">S <SA >A", false, EPOCH);
		feed_words(&feeder, ">S <SA >A <FA", true,
			   EPOCH + SECOND); /* same ports: goes on */
		feeder_flush(&feeder);
		for (uint64_t at = EPOCH; sweeps && at < clock; at += 100 * MILLISECOND)
			flow_table_expire(feeder.table, at);
		feed_words(&feeder, "<S", false, clock);
		feeder_flush(&feeder);
		for (uint64_t at = clock; sweeps && at < clock + 20 * SECOND;
		     at += 100 * MILLISECOND)
			flow_table_expire(feeder.table, at);
		feed_words(&feeder, ">A", false, clock + 17 * SECOND + 4 * sweeps * SECOND);
		feeder_finish(&feeder, clock + 21 * SECOND);
		cr_assert_eq(feeder.ended_count, 3);
		cr_assert_eq(feeder_view(&feeder, 0).source_port, 40000);
		cr_assert_eq(feeder_view(&feeder, 0).packets[0], 4);
		cr_assert_eq(feeder_view(&feeder, 1).source_port, 443);
		cr_assert_eq(feeder_view(&feeder, 2).source_port, 40000);
		feeder_check_conserved(&feeder);
		feeder_close(&feeder);
	}
}
