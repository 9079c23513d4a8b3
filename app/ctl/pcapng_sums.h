/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_CTL_PCAPNG_SUMS_H
#define WEIR_APP_CTL_PCAPNG_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the statistics of a pcapng stream of this machine's byte order say, read as it passes by. */
struct pcapng_sums {
	uint64_t delivered, lost; /* isb_usrdeliv, isb_ifdrop of all interfaces */
	bool complete;            /* there were statistics: the stream has its end */
	/* of the block that is passing: */
	uint32_t type, length, seen;
	uint8_t head[256]; /* its beginning: all of a statistics block */
};

/* The next octets of the stream, cut wherever they are. */
void pcapng_sums_add(struct pcapng_sums *sums, const void *data, size_t size);

#endif
