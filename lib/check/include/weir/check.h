/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CHECK_H
#define WEIR_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/eal_words.h>
#include <weir/error.h>

/*
 * Is this machine as a run wants it? What the kernel shows in /sys, /proc and /dev is held against
 * what is to be run, and told by finding_tell(), at least a line for each thing that matters
 * (weir/finding.h). Nothing is changed. Main thread.
 */

#define CHECK_FILES_MAX 2

enum check_source { CHECK_CAPTURES, CHECK_INTERFACE, CHECK_PORTS };

/* What is to be run, as far as it matters here. */
struct check_run {
	const char *root; /* in front of /sys, /proc and /dev; "": this machine's */
	enum check_source source;
	struct eal_words eal; /* CHECK_PORTS: what its arguments say */
	const char *prefix;   /* of files; NULL: nobody else needs to know it */
	bool prefix_optional; /* it runs without the directory if that cannot be had */
	/* Octets of packet buffers that each device takes: as many as are good, and without which
	 * it does not start; and a virtual one. */
	uint64_t device_octets, device_octets_least, vdev_octets;
	uint64_t more_octets; /* of DPDK's memory, whatever the ports */
	uint16_t workers;     /* that may be */
	/* Descriptors beside those of hugepages. */
	uint32_t descriptors;
	const char *files[CHECK_FILES_MAX]; /* that it writes; NULL: none */
	/* From now on files are opened as who will write them, or as before; NULL: as this user. */
	void (*write_as)(const void *writer, bool on);
	const void *writer;
};

/* A CPU that an lcore runs on. */
struct check_lcore {
	unsigned int lcore;
	int cpu;     /* -1: on several */
	bool worker; /* polls; else it is the one of statistics */
};

/* All that can be seen before DPDK starts. True: a run would start it, see check_start(). */
bool check_host(const struct check_run *run);

/*
 * Of these what DPDK would fail at without saying why, or not even fail: 0, or -EIO with the first
 * line. Nothing is told.
 */
int check_start(const struct check_run *run, struct error *error);

/* What the CPUs of the lcores are and do. It looks for a quarter of a second. */
void check_cpus(const char *root, const struct check_lcore *lcores, unsigned int count);

#endif
