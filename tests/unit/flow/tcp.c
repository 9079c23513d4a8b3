/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "support.h"

/*
 * Packets as "direction flags" words: ">SA" is SYN+ACK forward, "<" is a packet without flags
 * (a later fragment) in reverse. `closes`: the packet with this number ends the flow.
 */
struct sequence {
	const char *packets;
	uint32_t closes; /* 0: none */
};

static const struct sequence sequences[] = {
	{">S <SA >A >FA <FA >A", 6},
	{">S <SA >A >FA <A <A <FA >A", 8},
	{">A <FA >FA <A", 4},
	/* the ACK must come from the side that closed first */
	{">FA <FA <A", 0},
	{">FA <FA <A >A", 4},
	{">FA >A <A >A", 0},
	/* repeated FINs change nothing */
	{">FA >FA <FA >A", 4},
	{">FA <FA <FA >A", 4},
	{">FA <FA >FA >A", 4},
	{">FA <FA >FA <A", 0},
	/* a FIN's own ACK bit is not the last ACK */
	{">F <F >F", 0},
	{">FA <FA >FA", 0},
	{">F <F >", 0},
	{">F <F > >A", 4},
	/* data after the first FIN: half closed */
	{">FA <A <A >A <A >A <FA >A", 8},
	/* RST, from everywhere */
	{">S <RA", 2},
	{">R", 1},
	{">S <SA >A >R", 4},
	{">FA <R", 2},
	{">FA <FA <R", 3},
	{">FR", 1},
	/* open */
	{">S <SA >A <A >A", 0},
	{">S >S >S", 0},
	{">", 0},
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
	return packet;
}

/* `swapped`: forward is endpoint 1. `cut`: packets of a burst. */
static void run_sequence(const struct sequence *sequence, bool swapped, uint32_t cut)
{
	struct flow_settings settings = usual_settings(64);
	struct feeder feeder;
	uint32_t packets = 0;

	feeder_open(&feeder, &settings, cut);
	for (const char *word = sequence->packets; word != NULL; word = strchr(word, ' ')) {
		word += *word == ' ';
		struct packet packet = tcp_packet(*word == '<', flags_of(word), swapped);

		feeder_packet(&feeder, &packet);
		packets++;
	}
	feeder_flush(&feeder);
	feeder_check_conserved(&feeder);
	if (sequence->closes == 0) {
		cr_assert_eq(feeder.ended_count, 0, "%s: closed", sequence->packets);
		cr_assert_eq(feeder_live(&feeder), 1);
	} else {
		cr_assert_eq(feeder.ended_count, 1, "%s: still open", sequence->packets);
		struct flow_view view = feeder_view(&feeder, 0);

		cr_assert_eq(view.end, FLOW_END_CLOSED);
		cr_assert_eq(view.packets[0] + view.packets[1], sequence->closes, "%s",
			     sequence->packets);
		cr_assert_eq(feeder_live(&feeder), packets > sequence->closes);
	}
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

Test(tcp, a_packet_after_the_close_begins_a_new_flow)
{
	struct flow_settings settings = usual_settings(64);
	struct feeder feeder;
	uint8_t flags[] = {SYN, RST, SYN, RST | ACK, ACK};

	feeder_open(&feeder, &settings, FLOW_BURST);
	for (size_t i = 0; i < sizeof(flags); i++) {
		struct packet packet = tcp_packet(i & 1, flags[i], false);

		feeder_packet(&feeder, &packet);
	}
	feeder_flush(&feeder);
	cr_assert_eq(feeder.ended_count, 2);
	for (uint32_t i = 0; i < 2; i++) {
		struct flow_view view = feeder_view(&feeder, i);

		cr_assert_eq(view.packets[0], 1);
		cr_assert_eq(view.packets[1], 1);
		cr_assert_eq(view.tcp_flags[0], SYN);
		cr_assert_eq(view.tcp_flags[1], i == 0 ? RST : RST | ACK);
	}
	cr_assert_eq(feeder_live(&feeder), 1);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}
