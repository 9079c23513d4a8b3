/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_UNIT_PACKET_FRAME_H
#define WEIR_TESTS_UNIT_PACKET_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/packet.h>

/* Frames written by hand, as hexadecimal text (blanks do not count) made of these headers. */
#define MACS                  "020000000002 020000000001"
#define ETHERNET(type)        MACS type
#define TAG(tci, type)        tci type
#define LABEL                 "00010040"
#define LABEL_BOTTOM          "00020140"
#define PPPOE(protocol)       "1100 0001 0040" protocol
#define IPV4(total, protocol) IPV4_FRAGMENT(total, protocol, "0000")
#define IPV4_FRAGMENT(total, protocol, field)                                                      \
	"45b8" total "1234" field "40" protocol "0000 c0000201 c6336402"
#define IPV6(payload, next)                                                                        \
	"6b800000" payload next                                                                    \
	"3f 20010db8000000000000000000000001 20010db8000000000000000000000002"
/* Extension headers, 8 bytes each. */
#define OPTIONS(next)         next "00 010400000000"
#define FRAGMENT(next, field) next "00" field "deadbeef"
#define AUTHENTICATION(next)  next "00 0000 00000001"
#define TCP                   "c350 0050 00000001 00000002 5012 ffff 0000 0000"
#define UDP                   "c350 0035 0008 0000"
#define SCTP                  "c350 0007 00000000 00000000"
#define DCCP                  "c350 0009 03000000 00000000"
#define UDPLITE               "c350 0011 0008 0000"

#define TWICE(text) text text
#define FOUR(text)  TWICE(TWICE(text))
#define EIGHT(text) TWICE(FOUR(text))

#define FRAME_MAX 20000

struct frame {
	uint32_t captured;
	uint32_t wire; /* both the text's length at first */
	uint16_t stripped_vlan;
	bool vlan_was_stripped;
	bool no_vlan_key;
	uint8_t bytes[FRAME_MAX];
};

struct frame frame_of(const char *hex);

/*
 * Parse the frame where it ends at the end of a page, the next one being out of bounds,
 * so that the first byte read too many is a crash; twice, over memory with different rests,
 * so that a member that is not set is a failure. What packet_parse_common() says of it must be the
 * same; `commons` counts the frames of which it says anything.
 */
extern unsigned int commons;
struct packet parse(const struct frame *frame);
struct packet parse_hex(const char *hex);

#endif
