/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SAVEFILE_FRAME_H
#define WEIR_SAVEFILE_FRAME_H

#include <stdint.h>

#include <weir/protocols.h>

/*
 * A frame of a capture file.
 *
 * Link types as files number them (https://www.tcpdump.org/linktypes.html). Frames of all but
 * Ethernet are made Ethernet ones, so that nothing above knows of other headers.
 */
enum {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_PPP = 9,
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_LINUX_SLL = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_LINUX_SLL2 = 276
};

/* A record that claims to hold more is none: libpcap's limit, too. */
#define SAVEFILE_CAPTURED_MAX 262144u

struct savefile_frame {
	const uint8_t *data; /* valid until the next frames are read */
	uint64_t time;       /* ns since 1970; before it, modulo 2^64 */
	uint64_t number;     /* in the file, from 1 on, as Wireshark counts */
	uint32_t captured;   /* bytes at `data`, without FCS */
	uint32_t wire;       /* ... of the frame, >= captured */
	uint32_t link;       /* one of LINK_* */
};

/*
 * Make a frame of another link type an Ethernet one: its own link header is taken off, and the
 * `header` that is to stand in front of `data` counts in `captured` and `wire`. Returns its length;
 * 0: the link header itself is cut, and less than an Ethernet header is left of the frame.
 */
unsigned int savefile_to_ethernet(struct savefile_frame *frame, uint8_t header[ETHERNET_HEADER]);

#endif
