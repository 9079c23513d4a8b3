/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_EAL_CAPTURE_RIG_H
#define WEIR_TESTS_EAL_CAPTURE_RIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Capture files, written byte by byte as the formats' specifications say: not by libpcap. */

enum capture_format {
	CAPTURE_PCAP_US,
	CAPTURE_PCAP_NS,
	CAPTURE_PCAP_US_SWAPPED, /* as written on a machine of the other byte order */
	CAPTURE_PCAP_NS_SWAPPED,
	CAPTURE_PCAPNG, /* nanoseconds */
	CAPTURE_FORMATS
};

struct capture {
	FILE *file;
	enum capture_format format;
};

/* `link_type` is the LINKTYPE_* value; 1 is Ethernet. */
void capture_create(struct capture *capture, const char *path, enum capture_format format,
		    uint32_t link_type);

/* One frame of `wire` bytes of which `captured` at `data` are kept; `time` in ns since 1970. */
void capture_add(struct capture *capture, uint64_t time, const uint8_t *data, uint32_t captured,
		 uint32_t wire);
void capture_close(struct capture *capture);

#endif
