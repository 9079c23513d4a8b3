/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_UNIT_FLOW_SUPPORT_H
#define WEIR_TESTS_UNIT_FLOW_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>

#include <criterion/criterion.h>

#include <kit/prng.h>
#include <weir/flow.h>

#define SECOND      UINT64_C(1000000000)
#define MILLISECOND UINT64_C(1000000)
/* 2026-01-01, but on a whole unit of flow_record.started (2^20 ns), to make deadlines plain. */
#define EPOCH (UINT64_C(1767225600) * SECOND >> 20 << 20)

#define TCP  6
#define UDP  17
#define ICMP 1
#define FIN  0x01
#define SYN  0x02
#define RST  0x04
#define ACK  0x10

/* As cr_assert(), but cheap when it holds: these run by the million. */
#define check(condition, ...)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			cr_assert_fail(#condition ": " __VA_ARGS__);                               \
	} while (0)

struct endpoint {
	uint8_t address[16]; /* IPv4: the first 4 */
	uint16_t port;
};

/* Settings that tests change to their liking: 64 s active, 16 s inactive. */
struct flow_settings usual_settings(uint32_t capacity);

/* A packet as the parser gives it: 100-byte frame, 86 octets, TTL 64, `time` = `clock`. */
struct packet make_packet(int version, const struct endpoint *from, const struct endpoint *to,
			  uint8_t protocol, uint64_t clock);

/* UDP over IPv4 from 10.0.0.1:1000+number to 10.0.0.2:53, and the other way. */
struct packet numbered_packet(uint32_t number, bool reverse, uint64_t clock);

/* Feeds a table one packet after another, and keeps what ends. */
struct feeder {
	struct flow_table *table;
	uint32_t cut;              /* packets of a burst: push when so many are there */
	uint64_t packets, octets;  /* fed */
	struct flow_record *ended; /* all taken so far (feeder_ended()); freed by feeder_close() */
	uint32_t ended_count, ended_room;
};

void feeder_open(struct feeder *feeder, const struct flow_settings *settings, uint32_t cut);
void feeder_close(struct feeder *feeder);
void feeder_packet(struct feeder *feeder, const struct packet *packet);
void feeder_push(struct feeder *feeder);  /* whatever there is */
void feeder_flush(struct feeder *feeder); /* until all packets are counted; takes */
void feeder_take(struct feeder *feeder);  /* the whole outbox */
void feeder_drain(struct feeder *feeder); /* flush, take until nothing comes any more */
void feeder_finish(struct feeder *feeder, uint64_t clock);

/* The ended record `index`, in order of ending; without extensions also `ended[index]`. */
const struct flow_record *feeder_ended(const struct feeder *feeder, uint32_t index);
struct flow_view feeder_view(const struct feeder *feeder, uint32_t index);
uint32_t feeder_live(const struct feeder *feeder);

/* Every packet fed is in an ended record, a live one, or the overflow. The stages are empty. */
void feeder_check_conserved(const struct feeder *feeder);

#endif
